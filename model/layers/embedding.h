#pragma once

#include <optional>
#include <string>

#include "model/layers/initializers.h"
#include "model/layers/layer.h"

namespace shoal::layers {

struct EmbeddingOptions {
  Initializer embeddings_initializer = "random_uniform";
  Regularizer embeddings_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint embeddings_constraint = nullptr;
  bool mask_zero = false;  // 0 is padding: the output carries a mask that leaves it out
  Shape input_shape = {};  // of one row
  std::string name = {};
  std::optional<DType> dtype = {};
};

// Rows of a table (input_dim, output_dim) by number: (rows, ...) -> (rows, ..., output_dim). Inputs other than int32
// and int64 are cast to int32. A number outside of [0, input_dim) is a ValueError.
Layer Embedding(std::int64_t input_dim, std::int64_t output_dim, const EmbeddingOptions& options = {});

Layer embedding_from_config(const nlohmann::json& config);

}  // namespace shoal::layers
