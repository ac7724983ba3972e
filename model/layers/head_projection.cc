#include "model/layers/head_projection.h"

#include "common/base/error.h"
#include "model/layers/activations.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

std::int64_t product(const std::vector<std::int64_t>& sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) result *= size;
  return result;
}

class HeadProjectionImpl : public LayerImpl {
 public:
  HeadProjectionImpl(const std::string& name, const HeadProjectionOptions& options)
      : LayerImpl(name), options_(options) {}

  std::string class_name() const override { return "EinsumDense"; }

  void check_input(const Shape& input) const override {
    require_min_rank(*this, input, options_.summed_axes + 1);
    if (built() && summed(input) != summed(build_shape()))
      raise("layer '{}': the last axes of the input must be those of {}, received shape {}", this->name(),
            build_shape().to_string(), input.to_string());
  }

  void build(const Shape& input) override {
    std::vector<std::int64_t> dims = summed(input);
    dims.insert(dims.end(), options_.output.begin(), options_.output.end());
    kernel_ = add_weight("kernel", Shape(std::move(dims)), options_.kernel_initializer);
    if (options_.use_bias) bias_ = add_weight("bias", Shape(options_.output), options_.bias_initializer);
  }

  // As one product of matrices: steps and sizes side by side.
  Tensor call(const Tensor& x, bool /*training*/) override {
    const std::int64_t in = product(summed(x.shape())), out = product(options_.output);
    std::vector<std::int64_t> dims = x.shape().dims();
    dims.resize(dims.size() - static_cast<std::size_t>(options_.summed_axes));
    std::vector<std::int64_t> flat = dims;
    flat.push_back(in);
    Tensor y = ops::matmul(reshape(x, std::move(flat)), ops::reshape(ops::convert_to_tensor(kernel_), {in, out}));
    if (options_.use_bias) y = y + ops::reshape(ops::convert_to_tensor(bias_), {out});
    dims.insert(dims.end(), options_.output.begin(), options_.output.end());
    return activations::apply(options_.activation, reshape(y, std::move(dims)));
  }

 private:
  static Tensor reshape(const Tensor& x, std::vector<std::int64_t> dims) {
    return ops::reshape(x, Shape(std::move(dims)));
  }

  std::vector<std::int64_t> summed(const Shape& input) const {
    return {input.dims().end() - options_.summed_axes, input.dims().end()};
  }

  HeadProjectionOptions options_;
  Variable kernel_, bias_;
};

}  // namespace

std::shared_ptr<LayerImpl> head_projection(const std::string& name, const HeadProjectionOptions& options) {
  return std::make_shared<HeadProjectionImpl>(name, options);
}

}  // namespace shoal::layers
