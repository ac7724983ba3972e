#pragma once

#include "model/layers/activation.h"
#include "model/layers/conv2d.h"
#include "model/layers/dense.h"
#include "model/layers/dropout.h"
#include "model/layers/flatten.h"
#include "model/layers/initializers.h"
#include "model/layers/input.h"
#include "model/layers/max_pooling2d.h"
#include "model/layers/registry.h"
#include "model/layers/rescaling.h"
