#pragma once

#include "model/layers/config.h"
#include "model/layers/recurrent_layer.h"

// Between the options of SimpleRNN, LSTM and GRU and Keras's config of them.
namespace shoal::layers {

template <class Options>
nlohmann::json recurrent_config(std::int64_t units, const Options& options) {
  nlohmann::json config = sequence_options_to_json({.return_sequences = options.return_sequences,
                                                    .return_state = options.return_state,
                                                    .go_backwards = options.go_backwards,
                                                    .zero_output_for_mask = options.zero_output_for_mask});
  config.update({{"units", units},
                 {"activation", options.activation},
                 {"use_bias", options.use_bias},
                 {"kernel_initializer", options.kernel_initializer},
                 {"recurrent_initializer", options.recurrent_initializer},
                 {"bias_initializer", options.bias_initializer},
                 {"kernel_regularizer", options.kernel_regularizer},
                 {"recurrent_regularizer", options.recurrent_regularizer},
                 {"bias_regularizer", options.bias_regularizer},
                 {"activity_regularizer", options.activity_regularizer},
                 {"kernel_constraint", options.kernel_constraint},
                 {"recurrent_constraint", options.recurrent_constraint},
                 {"bias_constraint", options.bias_constraint},
                 {"dropout", options.dropout},
                 {"recurrent_dropout", options.recurrent_dropout},
                 {"seed", options.seed ? nlohmann::json(*options.seed) : nlohmann::json()},
                 {"name", options.name}});
  if (options.input_shape.rank() > 0) config["input_shape"] = shape_to_json(options.input_shape);
  if (options.dtype) config["dtype"] = name_of(*options.dtype);
  return config;
}

}  // namespace shoal::layers
