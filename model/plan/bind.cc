#include "common/base/error.h"
#include "model/plan/kernel.h"

namespace shoal::plan {

void no_kernel(const Signature& signature) {
  std::string operands;
  for (DType dtype : signature.dtypes) operands += (operands.empty() ? "" : ", ") + std::string(name_of(dtype));
  raise("{}: not defined for dtypes ({})", signature.operation->name, operands);
}

Kernel bind(const Signature& signature) {
  for (auto family :
       {binders::elementwise, binders::shapes, binders::reductions, binders::normalization, binders::products,
        binders::batch_products, binders::attention, binders::windows, binders::winograd, binders::sparse_windows,
        binders::pools, binders::losses, binders::random, binders::gather, binders::recurrent})
    if (const Binder binder = family(signature.operation->name)) return binder(signature);
  raise<InternalError>("operation '{}' has no kernel", signature.operation->name);
}

}  // namespace shoal::plan
