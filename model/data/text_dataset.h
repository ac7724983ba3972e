#pragma once

#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::datasets {

// Texts as they are, and their classes: int32 (n, 1). layers for text take what preprocessing::TextVectorization makes.
struct TextDataset {
  std::vector<std::string> texts;
  Tensor y;
};

struct TextTrainTest {
  TextDataset train, test;
};

}  // namespace shoal::datasets
