#include "common/base/error.h"
#include "model/plan/executor.h"

// What a plan tells of itself and of its last run.
namespace shoal::plan {

const void* Executor::output(std::size_t index) const {
  if (layout_ == nullptr) raise<InternalError>("plan: an output is read before the first run");
  return base_[static_cast<std::size_t>(program_.storage(program_.outputs.at(index)))];
}

Shape Executor::output_shape(std::size_t index) const {
  return program_.items[static_cast<std::size_t>(program_.outputs.at(index))].shape.with_rows(blocking_.rows);
}

std::vector<NodeInfo> Executor::nodes() const {
  std::vector<NodeInfo> result;
  for (const Item& item : program_.items) {
    bool rows = item.shape.has_rows();
    for (int input : item.inputs) rows = rows || program_.items[static_cast<std::size_t>(input)].shape.has_rows();
    result.push_back(
        {item.scope, item.operation == nullptr ? "" : item.operation->name, item.shape.to_string(), item.cost, rows});
  }
  return result;
}

std::string Executor::describe() const {
  std::string text;
  for (std::size_t s = 0; s < schedule_.segments.size(); ++s) {
    const Segment& segment = schedule_.segments[s];
    for (int i : segment.items) {
      const Item& item = program_.items[static_cast<std::size_t>(i)];
      const char* how = !segment.by_rows                      ? item.split ? "pieces" : "whole"
                        : item.rows == graph::Rows::kSumsRows ? "sums"
                                                              : "rows";
      text += fmt::format("segment {:3}  {:6}  {:20}  {:28}  {:24}  {:.3g} operations{}\n", s, how, item.scope,
                          item.operation->name, item.shape.to_string(), item.cost, segment.by_rows ? " a row" : "");
    }
    for (int root : segment.ready)
      text +=
          fmt::format("segment {:3}  ready   {}\n", s, program_.items[static_cast<std::size_t>(root)].variable.path());
  }
  return text;
}

}  // namespace shoal::plan
