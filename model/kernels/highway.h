#pragma once

#include "model/kernels/fast.h"

// Each Highway source fills its part of a level; the names say which instruction set.
namespace shoal::kernels::fast {

enum class Target { kAvx2, kAvx512 };

void fill_tile(Target target, Level& level);
void fill_pool_tile(Target target, Level& level);
void fill_nonzeros(Target target, Level& level);
void fill_sparse(Target target, Level& level);
void fill_quads(Target target, Level& level);
void fill_winograd(Target target, WinogradSteps& steps);
void fill_planes(Target target, WinogradSteps& steps);
void fill_depthwise(Target target, Level& level);
void fill_pool(Target target, Table<float>& table);
void fill_average_pool(Target target, Table<float>& table);
void fill_rows(Target target, Table<float>& table);
void fill_normalization(Target target, Table<float>& table);
void fill_scale_shift(Target target, Table<float>& table);
void fill_softmax(Target target, Table<float>& table);
void fill_layer_norm(Target target, Table<float>& table);
void fill_attention(Target target, Level& level);
void fill_dropout(Target target, Table<float>& table);
void fill_recurrent(Target target, Table<float>& table);

// The whole table of one target, or null when this build or this processor lacks it.
const Table<float>* table_of(Target target);

// Whether this build and this processor have the instruction set.
bool is_supported(Target target);

}  // namespace shoal::kernels::fast
