#include "common/optim/rule.h"

#include <fmt/ranges.h>

#include "common/base/error.h"
#include "common/optim/adagrad.h"
#include "common/optim/adam.h"
#include "common/optim/hyperparameters.h"
#include "common/optim/rmsprop.h"
#include "common/optim/row_rule.h"
#include "common/optim/sgd.h"
#include "common/optim/span_kernels.h"

namespace shoal::optim {
namespace {

struct Row {
  const char* class_name;
  std::unique_ptr<Rule> (*make)(Hyperparameters&);
};

constexpr Row kRules[] = {
    {"SGD", make_sgd},         {"Adam", make_adam},       {"AdamW", make_adam_w},
    {"RMSprop", make_rmsprop}, {"Adagrad", make_adagrad},
};

}  // namespace

nlohmann::json Rule::config() const {
  nlohmann::json result = own_config();
  result["class_name"] = name();
  common_.write(result);
  return result;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Row& row : kRules) names.emplace_back(row.class_name);
  return names;
}

std::unique_ptr<Rule> make_rule(const nlohmann::json& config) {
  Hyperparameters values(config);
  for (const Row& row : kRules) {
    if (values.class_name() != row.class_name) continue;
    auto rule = row.make(values);
    values.refuse_other_keys();
    return rule;
  }
  raise("update rule: class_name must be one of {}, received '{}'", fmt::join(rule_names(), ", "), values.class_name());
}

template <>
std::unique_ptr<RowRule<float>> make_row_rule(const Rule& rule, std::size_t capacity) {
  return rule.float_rows(capacity);
}
template <>
std::unique_ptr<RowRule<double>> make_row_rule(const Rule& rule, std::size_t capacity) {
  return rule.double_rows(capacity);
}

void add(std::size_t n, const float* src, float* dst) { span_kernels<float>().add(n, src, dst); }
void add(std::size_t n, const double* src, double* dst) { span_kernels<double>().add(n, src, dst); }

}  // namespace shoal::optim
