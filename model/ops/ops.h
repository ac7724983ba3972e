#pragma once

#include "model/ops/attention.h"
#include "model/ops/concatenate.h"
#include "model/ops/conv.h"
#include "model/ops/gather.h"
#include "model/ops/image.h"
#include "model/ops/math.h"
#include "model/ops/nn.h"
#include "model/ops/normalization.h"
#include "model/ops/shape.h"
#include "model/ops/slice.h"
#include "model/ops/variable.h"
