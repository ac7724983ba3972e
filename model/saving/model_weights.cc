// Model::save_weights and load_weights.
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/atomic_file.h"
#include "model/saving/weights_file.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal {

namespace {

void check_path(const std::string& place, const std::string& path, const std::string& ending) {
  if (!path.ends_with(ending))
    raise<ValueError>("{}: the file's name must end in {}, received '{}'", place, ending, path);
}

}  // namespace

void Model::save_weights(const std::string& path) {
  check_path("save_weights", path, ".weights.h5");
  if (!built()) raise<ValueError>("save_weights: model '{}' must be built", name());
  if (compiled()) updater().all_current();
  if (!train::run_context().is_chief()) return;
  io::AtomicFile target(path);
  hdf5::File file = hdf5::File::create(target.temporary());
  saving::write_state(file.root(), *this);
  file.close();
  target.commit();
}

void Model::load_weights(const std::string& path) {
  check_path("load_weights", path, ".weights.h5");
  if (!built()) raise<ValueError>("load_weights: model '{}' must be built", name());
  if (compiled()) updater().release_weights();
  const hdf5::File file = hdf5::File::open(path);
  saving::check_weights(file.root(), *this);
  const bool with_optimizer = compiled() && file.root().has("optimizer");
  const std::string mismatch = with_optimizer ? saving::optimizer_mismatch(file.root(), *this) : "";
  saving::read_weights(file.root(), *this);
  if (!mismatch.empty()) {
    log::warning("{}: the optimizer's state is not loaded: {}", path, mismatch);
  } else if (with_optimizer) {
    saving::read_optimizer(file.root(), *this, train::run_context().is_chief());
  }
  state().published = false;
  if (state().fitting) train::make_weights_common(*this);
}

}  // namespace shoal
