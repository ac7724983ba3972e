#include "model/kernels/fast.h"
#include "model/kernels/highway.h"

namespace shoal::kernels::fast {
namespace {

// The entries of a table know their target, not their level.
template <Target kTarget>
struct Entries {
  using Args = Conv2DArgs<float>;

  static const Level& level() {
    static const Level made = [] {
      Level level;
      fill_tile(kTarget, level);
      fill_pool_tile(kTarget, level);
      fill_nonzeros(kTarget, level);
      fill_sparse(kTarget, level);
      fill_quads(kTarget, level);
      fill_depthwise(kTarget, level);
      fill_winograd(kTarget, level.winograd);
      fill_planes(kTarget, level.winograd);
      fill_attention(kTarget, level);
      level.bias_activation = table().bias_activation;
      return level;
    }();
    return made;
  }

  static const Table<float>& table() {
    static const Table<float> made = [] {
      Table<float> table{
          .level = kTarget == Target::kAvx2 ? "avx2" : "avx512",
          .matmul = [](const MatmulArgs<float>& args) { fast::matmul(level(), args); },
          .matmul_scratch = [](const MatmulArgs<float>& args) { return fast::matmul_scratch(level(), args); },
          .conv2d =
              [](const Args& args) {
                is_general(args.shape) ? general_conv2d(level(), args) : fast::conv2d(level(), args);
              },
          .conv2d_input_gradient =
              [](const Args& args) {
                is_general(args.shape) ? general_conv2d_input_gradient(level(), args)
                                       : fast::conv2d_input_gradient(level(), args);
              },
          .conv2d_kernel_gradient =
              [](const Args& args) {
                is_general(args.shape) ? general_conv2d_kernel_gradient(level(), args)
                                       : fast::conv2d_kernel_gradient(level(), args);
              },
          .conv2d_scratch =
              [](const Conv2DShape& shape) {
                return is_general(shape) ? general_conv2d_scratch(level(), shape)
                                         : fast::conv2d_scratch(level(), shape);
              },
          .depthwise = [](const Args& args) { fast::depthwise(level(), args); },
          .depthwise_input_gradient = [](const Args& args) { fast::depthwise_input_gradient(level(), args); },
          .depthwise_kernel_gradient = [](const Args& args) { fast::depthwise_kernel_gradient(level(), args); },
          .winograd_kernel = [](const WinogradKernelArgs<float>& args) { fast::winograd_kernel(level(), args); },
          .winograd_conv2d = [](const Args& args) { fast::winograd_conv2d(level(), args); },
          .winograd_kernel_gradient = [](const Args& args) { fast::winograd_kernel_gradient(level(), args); },
          .winograd_scratch = [](const Conv2DShape& shape) { return fast::winograd_scratch(level(), shape); },
          .pooled_conv2d = [](const PooledConv2DArgs<float>& args) { fast::pooled_conv2d(level(), args); },
          .sparse_conv2d_input_gradient =
              [](const SparseConv2DArgs<float>& args) { fast::sparse_conv2d_input_gradient(level(), args); },
          .sparse_conv2d_kernel_gradient =
              [](const SparseConv2DArgs<float>& args) { fast::sparse_conv2d_kernel_gradient(level(), args); },
          .sparse_conv2d_scratch = [](const Conv2DShape& shape) { return fast::sparse_conv2d_scratch(level(), shape); },
          .attention_weights = [](const AttentionWeights<float>& args) { fast::attention_weights(level(), args); },
          .attention_gradient = [](const AttentionGradient<float>& args) { fast::attention_gradient(level(), args); },
          .attention_scratch = [](std::int64_t, std::int64_t keys,
                                  std::int64_t size) { return fast::attention_scratch(level(), keys, size); },
      };
      fill_pool(kTarget, table);
      fill_average_pool(kTarget, table);
      fill_rows(kTarget, table);
      fill_normalization(kTarget, table);
      fill_scale_shift(kTarget, table);
      fill_layer_norm(kTarget, table);
      fill_softmax(kTarget, table);
      fill_dropout(kTarget, table);
      fill_recurrent(kTarget, table);
      return table;
    }();
    return made;
  }
};

}  // namespace

const Table<float>* table_of(Target target) {
  if (!is_supported(target)) return nullptr;
  return target == Target::kAvx2 ? &Entries<Target::kAvx2>::table() : &Entries<Target::kAvx512>::table();
}

}  // namespace shoal::kernels::fast
