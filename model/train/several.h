#pragma once

#include <algorithm>
#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace shoal {

// One value, several in order, or several by name: how Keras takes what belongs to a model's inputs or outputs.
//   model.fit({images, ids}, y);   model.fit({{"image", images}, {"id", ids}}, y);
template <class T>
class Several {
 public:
  Several() = default;
  template <class U>
  requires(!std::same_as<std::remove_cvref_t<U>, Several> && std::is_convertible_v<U, T>) Several(U&& one)  // NOLINT
      : values_{T(std::forward<U>(one))}, single_(true) {}
  Several(std::initializer_list<T> values) : values_(values) {}
  Several(std::vector<T> values) : values_(std::move(values)) {}  // NOLINT
  Several(std::initializer_list<std::pair<std::string, T>> named) {
    for (const auto& [name, value] : named) add(name, value);
  }
  Several(const std::map<std::string, T>& named) {  // NOLINT
    for (const auto& [name, value] : named) add(name, value);
  }

  bool empty() const { return values_.empty(); }
  bool is_single() const { return single_; }  // given as one value, not as a list of one
  bool is_named() const { return !names_.empty(); }
  const std::vector<T>& values() const { return values_; }
  const std::vector<std::string>& names() const { return names_; }  // of the values, when named

  // Position of a name among the values, -1 when it is not there.
  int find(const std::string& name) const {
    const auto at = std::ranges::find(names_, name);
    return at == names_.end() ? -1 : static_cast<int>(at - names_.begin());
  }

  // Throws ValueError when a name is none of `known`; `place` says whose names they are.
  void check_names(const std::vector<std::string>& known, const std::string& place) const {
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    for (const std::string& name : names_)
      if (std::ranges::find(known, name) == known.end())
        raise("{}: nothing is named '{}'; there are: {}", place, name, list);
  }

 private:
  void add(const std::string& name, const T& value) {
    names_.push_back(name);
    values_.push_back(value);
  }

  std::vector<T> values_;
  std::vector<std::string> names_;
  bool single_ = false;
};

}  // namespace shoal
