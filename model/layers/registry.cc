#include "model/layers/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>

#include "common/base/error.h"
#include "model/functional/layer_object.h"
#include "model/layers/layers.h"

namespace shoal::layers {
namespace {

std::mutex mutex;

constexpr std::pair<const char*, Layer (*)(const nlohmann::json&)> kBuiltIn[] = {
    {"Activation", activation_from_config},
    {"Add", add_from_config},
    {"AdditiveAttention", additive_attention_from_config},
    {"Attention", attention_from_config},
    {"Average", average_from_config},
    {"AveragePooling1D", average_pooling1d_from_config},
    {"AveragePooling2D", average_pooling2d_from_config},
    {"BatchNormalization", batch_normalization_from_config},
    {"Bidirectional", bidirectional_from_config},
    {"Concatenate", concatenate_from_config},
    {"Conv1D", conv1d_from_config},
    {"Conv1DTranspose", conv1d_transpose_from_config},
    {"Conv2D", conv2d_from_config},
    {"Conv2DTranspose", conv2d_transpose_from_config},
    {"Cropping1D", cropping1d_from_config},
    {"Cropping2D", cropping2d_from_config},
    {"Dense", dense_from_config},
    {"DepthwiseConv1D", depthwise_conv1d_from_config},
    {"DepthwiseConv2D", depthwise_conv2d_from_config},
    {"Dot", dot_from_config},
    {"Dropout", dropout_from_config},
    {"ELU", elu_from_config},
    {"Embedding", embedding_from_config},
    {"Flatten", flatten_from_config},
    {"GaussianDropout", gaussian_dropout_from_config},
    {"GaussianNoise", gaussian_noise_from_config},
    {"GlobalAveragePooling1D", global_average_pooling1d_from_config},
    {"GlobalAveragePooling2D", global_average_pooling2d_from_config},
    {"GlobalMaxPooling1D", global_max_pooling1d_from_config},
    {"GlobalMaxPooling2D", global_max_pooling2d_from_config},
    {"GRU", gru_from_config},
    {"GRUCell", gru_cell_from_config},
    {"InputLayer", input_from_config},
    {"LSTM", lstm_from_config},
    {"LSTMCell", lstm_cell_from_config},
    {"LayerNormalization", layer_normalization_from_config},
    {"LeakyReLU", leaky_relu_from_config},
    {"Masking", masking_from_config},
    {"MaxPooling1D", max_pooling1d_from_config},
    {"MaxPooling2D", max_pooling2d_from_config},
    {"Maximum", maximum_from_config},
    {"Minimum", minimum_from_config},
    {"MultiHeadAttention", multi_head_attention_from_config},
    {"Multiply", multiply_from_config},
    {"PReLU", prelu_from_config},
    {"Permute", permute_from_config},
    {"ReLU", relu_from_config},
    {"RepeatVector", repeat_vector_from_config},
    {"Rescaling", rescaling_from_config},
    {"RNN", rnn_from_config},
    {"Reshape", reshape_from_config},
    {"SeparableConv1D", separable_conv1d_from_config},
    {"SeparableConv2D", separable_conv2d_from_config},
    {"SimpleRNN", simple_rnn_from_config},
    {"SimpleRNNCell", simple_rnn_cell_from_config},
    {"Softmax", softmax_from_config},
    {"SpatialDropout1D", spatial_dropout1d_from_config},
    {"SpatialDropout2D", spatial_dropout2d_from_config},
    {"StackedRNNCells", stacked_rnn_cells_from_config},
    {"Subtract", subtract_from_config},
    {"TimeDistributed", time_distributed_from_config},
    {"UpSampling1D", up_sampling1d_from_config},
    {"UpSampling2D", up_sampling2d_from_config},
    {"ZeroPadding1D", zero_padding1d_from_config},
    {"ZeroPadding2D", zero_padding2d_from_config},
};

std::map<std::string, Factory>& table() {
  static std::map<std::string, Factory> rows(std::begin(kBuiltIn), std::end(kBuiltIn));
  return rows;
}

}  // namespace

bool is_built_in(const std::string& class_name) {
  return std::ranges::any_of(kBuiltIn, [&](const auto& row) { return class_name == row.first; });
}

std::vector<std::string> registered_layers() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> names;
  for (const auto& row : table()) names.push_back(row.first);
  return names;
}

Layer layer_from_config(const std::string& class_name, const nlohmann::json& config) {
  if (functional::is_model_class(class_name)) return functional::model_from_config(class_name, config);
  Factory factory;
  {
    const std::lock_guard lock(mutex);
    const auto row = table().find(class_name);
    if (row != table().end()) factory = row->second;
  }
  if (!factory) raise("unknown layer class '{}'; registered: {}", class_name, fmt::join(registered_layers(), ", "));
  return factory(config);
}

void register_layer(const std::string& class_name, Factory factory) {
  const std::lock_guard lock(mutex);
  if (!table().emplace(class_name, std::move(factory)).second)
    raise("register_layer: a layer class '{}' is registered already", class_name);
}

}  // namespace shoal::layers
