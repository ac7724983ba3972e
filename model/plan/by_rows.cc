#include <limits>

#include "model/plan/program.h"

namespace shoal::plan {
namespace {

class ByRows {
 public:
  explicit ByRows(Program& program) : program_(program) {}

  void run() {
    for (int i = 0; i < static_cast<int>(program_.items.size()); ++i)
      if (at(i).kind == Kind::kApplyGradient && find(i)) group();
    program_.find_readers();
  }

 private:
  Item& at(int i) { return program_.items[static_cast<std::size_t>(i)]; }

  // A gradient that is rows added to a table, and nobody else's; a table that is read by the same numbers only.
  bool find(int root) {
    const Variable& variable = at(root).variable;
    if (variable.shape().rank() < 2 || variable.shape()[0] > std::numeric_limits<std::int32_t>::max()) return false;
    add_ = at(root).inputs[0];
    while (at(add_).kind == Kind::kAlias && alone(add_)) add_ = at(add_).inputs[0];
    if (!at(add_).operation->is("add_rows") || at(add_).inputs.size() != 2 || !alone(add_)) return false;
    numbers_ = program_.storage(at(add_).inputs[0]);
    if (!at(numbers_).shape.has_rows()) return false;
    takes_.clear();
    for (int i = 0; i < static_cast<int>(program_.items.size()); ++i) {
      if (at(i).kind == Kind::kAssign && at(i).variable == variable) return false;
      if (at(i).kind == Kind::kVariable && at(i).variable == variable && !taken_only(i)) return false;
    }
    return !takes_.empty();
  }

  bool alone(int i) { return at(i).readers.size() == 1 && !at(i).is_output; }

  bool taken_only(int table) {
    if (at(table).is_output) return false;
    for (int reader : at(table).readers) {
      const Item& item = at(reader);
      if (!item.operation->is("take_rows") || item.inputs[0] != table || program_.storage(item.inputs[1]) != numbers_)
        return false;
      takes_.push_back(reader);
    }
    return true;
  }

  // Right behind the numbers.
  void group() {
    Item item;
    item.operation = &graph::operation("group_rows");
    item.attributes = at(add_).attributes;
    item.shape = graph::groups_shape(at(numbers_).shape);
    item.dtype = DType::kInt64;
    item.scope = at(takes_.front()).scope;
    item.variable = at(at(takes_.front()).inputs[0]).variable;
    item.inputs = {numbers_};
    const int place = numbers_ + 1;
    program_.items.insert(program_.items.begin() + place, std::move(item));
    const auto move = [place](int& i) { i += i >= place ? 1 : 0; };
    for (int i = 0; i < static_cast<int>(program_.items.size()); ++i)
      if (i != place)
        for (int& input : at(i).inputs) move(input);
    for (int& output : program_.outputs) move(output);
    move(add_);
    at(add_).inputs.push_back(place);
    for (int& take : takes_) {
      move(take);
      at(take).inputs.push_back(place);
    }
    program_.find_readers();
  }

  Program& program_;
  int add_ = -1, numbers_ = -1;
  std::vector<int> takes_;
};

}  // namespace

void take_by_rows(Program& program) { ByRows(program).run(); }

}  // namespace shoal::plan
