#include "model/autograd/gradient_tape.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal {
namespace {

bool same(const Tensor& a, const Tensor& b) { return a.node() || b.node() ? a.node() == b.node() : a.raw() == b.raw(); }

}  // namespace

void GradientTape::watch(const Tensor& tensor) {
  if (!tensor.defined()) raise("GradientTape: watch() received an undefined tensor");
  if (!is_floating(tensor.dtype()))
    raise("GradientTape: only floating tensors have gradients, watch() received {}", name_of(tensor.dtype()));
  tensors_.push_back(tensor);
}

void GradientTape::watch(const Variable& variable) {
  if (!variable.defined()) raise("GradientTape: watch() received an undefined variable");
  variables_.insert(variable.id());
}

bool GradientTape::is_watched(const Tensor& tensor) const {
  return std::ranges::any_of(tensors_, [&](const Tensor& watched) { return same(watched, tensor); });
}

void GradientTape::use() {
  if (used_ && !options_.persistent)
    raise("GradientTape: gradients can be asked for once unless the tape is made with persistent");
  used_ = true;
}

std::vector<Tensor> GradientTape::gradient(const Tensor& target, const std::vector<Tensor>& sources) {
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (!sources[i].defined() || !is_watched(sources[i]))
      raise("GradientTape: source {} is not watched; call watch() before it is used", i);
  use();
  return gradients(target, sources);
}

std::vector<Tensor> GradientTape::gradient(const Tensor& target, const std::vector<Variable>& sources) {
  for (const Variable& source : sources) {
    if (!source.defined()) raise("GradientTape: a source is an undefined variable");
    const bool accessed = options_.watch_accessed_variables && source.trainable();
    if (!accessed && variables_.count(source.id()) == 0)
      raise("GradientTape: variable '{}' is not watched: it is not trainable, or the tape watches none by itself",
            source.path());
  }
  use();
  return gradients(target, sources);
}

Tensor GradientTape::gradient(const Tensor& target, const Tensor& source) {
  return gradient(target, std::vector<Tensor>{source}).at(0);
}

Tensor GradientTape::gradient(const Tensor& target, const Variable& source) {
  return gradient(target, std::vector<Variable>{source}).at(0);
}

void GradientTape::reset() {
  used_ = false;
  tensors_.clear();
  variables_.clear();
}

}  // namespace shoal
