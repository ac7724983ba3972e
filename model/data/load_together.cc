#include "model/data/load_together.h"

#include <array>

#include "common/base/error.h"
#include "model/train/run_context.h"

namespace shoal::datasets {

namespace {

// Every worker says how it went; IoError in all when one failed.
void agree(const std::string& error) {
  auto& context = train::run_context();
  if (context.workers() == 1) {
    if (!error.empty()) throw IoError(error);
    return;
  }
  const auto errors = context.gather(error);
  std::string first;
  for (std::size_t rank = 0; rank < errors.size() && first.empty(); ++rank)
    if (!errors[rank].empty()) first = rank == 0 ? errors[rank] : fmt::format("worker {}: {}", rank, errors[rank]);
  first = context.broadcast(first);
  if (!first.empty()) throw IoError(first);
}

template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
    return "";
  } catch (const std::exception& error) {
    return *error.what() ? error.what() : "unknown error";
  }
}

}  // namespace

void load_together(const std::function<bool()>& load, const std::function<void()>& fetch) {
  auto& context = train::run_context();
  bool loaded = false;
  const auto get = [&] {
    fetch();
    loaded = load();
    if (!loaded) raise<IoError>("what was fetched lacks files");
  };

  agree(error_of([&] { loaded = load(); }));
  std::array<double, 1> missing{loaded ? 0.0 : 1.0};
  if (context.workers() > 1) context.sum(missing);
  if (missing[0] == 0) return;
  agree(error_of([&] {
    if (context.is_chief() && !loaded) get();
  }));
  agree(error_of([&] {
    if (!loaded) loaded = load();  // the chief's files
    if (!loaded) get();
  }));
}

}  // namespace shoal::datasets
