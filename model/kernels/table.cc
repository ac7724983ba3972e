#include "model/kernels/table.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "model/kernels/highway.h"
#include "model/kernels/portable.h"

namespace shoal::kernels {
namespace {

template <class T>
const Table<T>& portable_table() {
  static const Table<T> made = portable::make_table<T>();
  return made;
}

struct Choice {
  const Table<float>* table;
  std::string reason;
};

// The one place that decides which build of the kernels runs.
const Choice& choice() {
  static const Choice made = [] {
    if (const char* wanted = std::getenv("SHOAL_KERNELS"); wanted && *wanted) {
      const std::string_view name = wanted;
      if (name != "portable" && name != "avx2" && name != "avx512") {
        raise<ValueError>("SHOAL_KERNELS: must be portable, avx2 or avx512, received '{}'", name);
      }
      const Table<float>* table = table_of_level(wanted);
      if (!table) raise<ValueError>("SHOAL_KERNELS: this processor or build lacks '{}'", name);
      return Choice{table, fmt::format("{} (as SHOAL_KERNELS says)", name)};
    }
    if (const auto* table = fast::table_of(fast::Target::kAvx512)) {
      return Choice{table, "avx512 (processor has avx512f/bw/dq/vl; set SHOAL_KERNELS to choose)"};
    }
    if (const auto* table = fast::table_of(fast::Target::kAvx2)) {
      return Choice{table, "avx2 (processor has avx2 and fma; set SHOAL_KERNELS to choose)"};
    }
    return Choice{&portable_table<float>(), "portable (processor has no avx2)"};
  }();
  return made;
}

}  // namespace

template <>
const Table<float>& table<float>() {
  return *choice().table;
}

template <>
const Table<double>& table<double>() {
  return portable_table<double>();
}

const char* level_reason() { return choice().reason.c_str(); }

const Table<float>* table_of_level(const char* level) {
  const std::string_view name = level;
  if (name == "portable") return &portable_table<float>();
  if (name == "avx2") return fast::table_of(fast::Target::kAvx2);
  if (name == "avx512") return fast::table_of(fast::Target::kAvx512);
  return nullptr;
}

}  // namespace shoal::kernels
