#include "common/optim/preparation.h"

#include <limits>

#include "common/base/error.h"
#include "common/optim/rule.h"

namespace shoal::optim {

Common::Common(Hyperparameters& values, std::optional<double> default_decay)
    : weight_decay(values.optional_number("weight_decay", 0)),
      clipnorm(values.optional_number("clipnorm", std::numeric_limits<double>::min())),
      global_clipnorm(values.optional_number("global_clipnorm", std::numeric_limits<double>::min())),
      clipvalue(values.optional_number("clipvalue", std::numeric_limits<double>::min())) {
  if (!weight_decay) weight_decay = default_decay;
  if (clipnorm.has_value() + global_clipnorm.has_value() + clipvalue.has_value() > 1)
    raise("{}: only one of clipnorm, clipvalue and global_clipnorm can be set", values.class_name());
}

template <class T>
Preparation<T> Common::rounded(const Step& step) const {
  Preparation<T> result;
  result.scales = step.gradient_scale != 1;
  result.gradient_scale = static_cast<T>(step.gradient_scale);
  result.clips = clipvalue.has_value();
  result.clipvalue = static_cast<T>(clipvalue.value_or(0));
  result.decays = weight_decay.value_or(0) != 0;
  result.weight_decay = static_cast<T>(weight_decay.value_or(0));
  result.learning_rate = static_cast<T>(step.learning_rate);
  return result;
}

template Preparation<float> Common::rounded(const Step&) const;
template Preparation<double> Common::rounded(const Step&) const;

void Common::write(nlohmann::json& config) const {
  if (weight_decay) config["weight_decay"] = *weight_decay;
  if (clipnorm) config["clipnorm"] = *clipnorm;
  if (global_clipnorm) config["global_clipnorm"] = *global_clipnorm;
  if (clipvalue) config["clipvalue"] = *clipvalue;
}

}  // namespace shoal::optim
