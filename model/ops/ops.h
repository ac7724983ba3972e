#pragma once

#include "model/ops/math.h"
#include "model/ops/nn.h"
#include "model/ops/shape.h"
