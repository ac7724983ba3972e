#include "model/saving/weights_file.h"

#include "common/base/error.h"
#include "model/layers/naming.h"
#include "model/saving/optimizer_layout.h"
#include "model/saving/weight_layout.h"

namespace shoal::saving {

namespace {

void observe(const Observer& observer, const std::string& path, const void* data, std::size_t bytes) {
  if (observer) observer(path, {static_cast<const std::byte*>(data), bytes});
}

void write_one(const hdf5::Group& root, const std::string& path, DType dtype, const Shape& shape, const void* values,
               const Observer& observer) {
  const hdf5::Type type = file_type(dtype);
  const hdf5::Dataset dataset = root.create_dataset(path, type, file_dims(shape));
  dataset.write(type, 0, dataset.elements(), values);
  observe(observer, path, values, dataset.elements() * size_of(dtype));
}

void read_one(const hdf5::Group& root, const std::string& path, DType dtype, void* out, const Observer& observer) {
  const hdf5::Dataset dataset = root.dataset(path);
  dataset.read(file_type(dtype), 0, dataset.elements(), out);
  observe(observer, path, out, dataset.elements() * size_of(dtype));
}

// Files of Keras 2.12 and 2.13 call the group of layers otherwise.
std::string place_in(const hdf5::Group& root, const std::string& path) {
  static const std::string kNow = "layers/", kOld = "_layer_checkpoint_dependencies/";
  if (root.has("layers") || !root.has(kOld.substr(0, kOld.size() - 1))) return path;
  std::string old = path;
  for (std::size_t at = 0; (at = old.find(kNow, at)) != std::string::npos; at += kOld.size())
    old.replace(at, kNow.size(), kOld);
  return old;
}

std::size_t count_of(const hdf5::Group& root, const std::string& vars) {
  return root.has(vars) ? root.group(vars).names().size() : 0;
}

void write_optimizer(const hdf5::Group& root, Model& model, const Observer& observer) {
  const OptimizerLayout layout = optimizer_layout(model);
  root.create_group("optimizer/vars").set_attribute("name", layers::snake_case(model.optimizer().class_name()));
  const std::int64_t iterations = model.optimizer().iterations;
  write_one(root, "optimizer/vars/0", DType::kInt64, {}, &iterations, observer);
  const double rate = model.optimizer().learning_rate;
  const auto narrow = static_cast<float>(rate);
  const bool wide = layout.dtype == DType::kFloat64;
  if (layout.has_learning_rate)
    write_one(root, "optimizer/vars/1", layout.dtype, {}, wide ? static_cast<const void*>(&rate) : &narrow, observer);
  std::vector<std::byte> buffer;
  for (const auto& slot : layout.slots) {
    buffer.resize(slot.variable.bytes());
    model.updater().read_slot(slot.index, slot.slot, buffer.data());
    write_one(root, slot.path, layout.dtype, slot.variable.shape(), buffer.data(), observer);
  }
}

}  // namespace

void write_state(const hdf5::Group& root, Model& model, const Observer& observer) {
  root.create_group("layers");
  for (const LayerPlace& place : weight_layout(model)) {
    root.create_group(place.path).set_attribute("name", place.layer);
    for (std::size_t i = 0; i < place.variables.size(); ++i) {
      const Variable& variable = place.variables[i];
      write_one(root, place.path + "/" + std::to_string(i), variable.dtype(), variable.shape(), variable.data(),
                observer);
    }
  }
  if (model.compiled()) write_optimizer(root, model, observer);
}

void check_weights(const hdf5::Group& root, Model& model, bool same_types) {
  for (const LayerPlace& place : weight_layout(model)) {
    const std::string vars = place_in(root, place.path);
    const std::size_t count = count_of(root, vars);
    if (count != place.variables.size())
      raise<ValueError>("layer '{}': has {} variables, received {} from {}/{}", place.layer, place.variables.size(),
                        count, root.place(), vars);
    for (std::size_t i = 0; i < count; ++i) {
      const Variable& variable = place.variables[i];
      const hdf5::Dataset dataset = root.dataset(vars + "/" + std::to_string(i));
      if (dataset.dims() != file_dims(variable.shape()))
        raise<ValueError>("layer '{}': '{}' must have shape {}, received {} from {}", place.layer, variable.name(),
                          variable.shape().to_string(),
                          Shape({dataset.dims().begin(), dataset.dims().end()}).to_string(), dataset.place());
      if (same_types && dataset.type() != file_type(variable.dtype()))
        raise<ValueError>("layer '{}': '{}' must be {}, received another type from {}", place.layer, variable.name(),
                          name_of(variable.dtype()), dataset.place());
    }
  }
}

void read_weights(const hdf5::Group& root, Model& model, const Observer& observer) {
  for (const LayerPlace& place : weight_layout(model))
    for (std::size_t i = 0; i < place.variables.size(); ++i) {
      const Variable& variable = place.variables[i];
      read_one(root, place_in(root, place.path) + "/" + std::to_string(i), variable.dtype(), variable.data(), observer);
    }
}

std::string optimizer_mismatch(const hdf5::Group& root, Model& model) {
  const OptimizerLayout layout = optimizer_layout(model);
  const std::size_t count = count_of(root, "optimizer/vars"), scalars = layout.has_learning_rate ? 2 : 1;
  if (count != layout.slots.size() + scalars)
    return fmt::format("{} has {} variables here, {} in the file", model.optimizer().class_name(),
                       layout.slots.size() + scalars, count);
  for (const auto& slot : layout.slots) {
    const auto dims = root.dataset(slot.path).dims();
    if (dims != file_dims(slot.variable.shape()))
      return fmt::format("/{} must have shape {}, received {}", slot.path, slot.variable.shape().to_string(),
                         Shape({dims.begin(), dims.end()}).to_string());
  }
  for (std::size_t i = 0; i < scalars; ++i)
    if (const std::string scalar = fmt::format("optimizer/vars/{}", i); !root.dataset(scalar).dims().empty())
      return fmt::format("/{} must be a scalar", scalar);
  return "";
}

namespace {

void read_learning_rate(const hdf5::Group& root, Model& model, DType dtype, const Observer& observer) {
  double rate = 0;
  float narrow = 0;
  if (dtype == DType::kFloat64) {
    read_one(root, "optimizer/vars/1", DType::kFloat64, &rate, observer);
  } else {
    read_one(root, "optimizer/vars/1", DType::kFloat32, &narrow, observer);
    rate = narrow;
  }
  // A rate that only lost its float64 digits in the file stays what `compile` was given.
  if (dtype == DType::kFloat64 || static_cast<float>(model.optimizer().learning_rate) != narrow)
    model.optimizer().learning_rate = rate;
}

}  // namespace

void read_optimizer(const hdf5::Group& root, Model& model, bool slots, const Observer& observer) {
  const OptimizerLayout layout = optimizer_layout(model);
  std::int64_t iterations = 0;
  read_one(root, "optimizer/vars/0", DType::kInt64, &iterations, observer);
  if (layout.has_learning_rate) read_learning_rate(root, model, layout.dtype, observer);
  model.optimizer().iterations = iterations;
  train::ParameterUpdater& updater = model.updater();  // every worker makes it, at the same point
  if (!slots) return;
  std::vector<std::byte> buffer;
  for (const auto& slot : layout.slots) {
    buffer.resize(slot.variable.bytes());
    read_one(root, slot.path, layout.dtype, buffer.data(), observer);
    updater.write_slot(slot.index, slot.slot, buffer.data());
  }
}

}  // namespace shoal::saving
