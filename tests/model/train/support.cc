#include "tests/model/train/support.h"

#include <unistd.h>

#include <cmath>

#include "common/base/random.h"
#include "model/layers/naming.h"

namespace shoal::testing {

Data clouds(std::int64_t rows, std::int64_t classes, int seed) {
  random::Generator generator(static_cast<std::uint64_t>(seed), 77);
  std::vector<float> x;
  std::vector<std::int32_t> y;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto label = static_cast<std::int32_t>(i % classes);
    const double angle = 6.283185307179586 * label / static_cast<double>(classes);
    x.push_back(static_cast<float>(2 * std::cos(angle) + 0.3 * generator.normal()));
    x.push_back(static_cast<float>(2 * std::sin(angle) + 0.3 * generator.normal()));
    y.push_back(label);
  }
  return {Tensor(x, {rows, 2}), Tensor(y, {rows})};
}

Data bars(std::int64_t rows, int seed) {
  random::Generator generator(static_cast<std::uint64_t>(seed), 78);
  std::vector<std::uint8_t> x;
  std::vector<std::uint8_t> y;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto place = static_cast<int>(generator.below(8));
    const bool vertical = i % 2 == 1;
    for (int row = 0; row < 8; ++row)
      for (int column = 0; column < 8; ++column)
        x.push_back(static_cast<std::uint8_t>(((vertical ? column : row) == place ? 200 : 0) + generator.below(50)));
    y.push_back(vertical);
  }
  return {Tensor(x, {rows, 8, 8, 1}), Tensor(y, {rows, 1})};
}

void begin_program(std::uint64_t seed) {
  layers::reset_names();
  random::set_global_seed(seed);
}

std::vector<std::vector<double>> weights_of(const Model& model) {
  std::vector<std::vector<double>> result;
  for (const Tensor& weight : model.get_weights()) result.push_back(weight.to_vector<double>());
  return result;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "shoal_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  folder_ = pattern;
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code none;
  std::filesystem::remove_all(folder_, none);
}

}  // namespace shoal::testing
