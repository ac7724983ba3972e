#include "model/functional/sequential.h"

#include "model/functional/sequential_network.h"
#include "model/layers/naming.h"
#include "model/train/state.h"

namespace shoal {

Sequential::Sequential(std::vector<Layer> layers, std::string name)
    : Sequential(std::make_shared<SequentialImpl>(name.empty() ? layers::unique_name("Sequential") : std::move(name))) {
  for (const Layer& layer : layers) add(layer);
}

Sequential::Sequential(std::shared_ptr<SequentialImpl> network) : Model(network), stack_(std::move(network)) {}

void Sequential::add(const Layer& layer) {
  stack_->add(layer);
  state().programs.clear();  // they were traced without it
}

void Sequential::pop() {
  stack_->pop();
  state().programs.clear();
}

Shape Sequential::output_shape() const {
  const std::vector<Shape> shapes = stack_->output_shapes();
  return shapes.empty() ? Shape() : shapes.front();
}

std::unique_ptr<Sequential> Sequential::from_config(const nlohmann::json& config) {
  auto network = functional::sequential_from_config(config);
  return std::make_unique<Sequential>(std::dynamic_pointer_cast<SequentialImpl>(network));
}

}  // namespace shoal
