#pragma once

#include "model/callbacks/csv_logger.h"
#include "model/callbacks/early_stopping.h"
#include "model/callbacks/lambda_callback.h"
#include "model/callbacks/model_checkpoint.h"
#include "model/callbacks/terminate_on_nan.h"
