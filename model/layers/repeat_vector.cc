#include "model/layers/repeat_vector.h"

#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class RepeatVectorImpl : public LayerImpl {
 public:
  RepeatVectorImpl(std::int64_t n, const RepeatVectorOptions& options) : LayerImpl(options.name), n_(n) {
    check_positive("RepeatVector", "n", n);
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "RepeatVector"; }
  void check_input(const Shape& input) const override { require_rank(*this, input, 2); }
  Tensor call(const Tensor& x, bool /*training*/) override { return ops::repeat(ops::expand_dims(x, 1), n_, 1); }
  nlohmann::json get_config() const override { return {{"n", n_}}; }

 private:
  std::int64_t n_;
};

}  // namespace

Layer RepeatVector(std::int64_t n, const RepeatVectorOptions& options) {
  return make_layer<RepeatVectorImpl>(n, options);
}

Layer repeat_vector_from_config(const nlohmann::json& config) {
  Layer layer = RepeatVector(read_integer("RepeatVector", config, "n"),
                             {.input_shape = {}, .name = read_text("RepeatVector", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
