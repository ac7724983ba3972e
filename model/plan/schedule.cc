#include "model/plan/schedule.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace shoal::plan {
namespace {

using graph::Rows;

class Scheduler {
 public:
  Scheduler(Program& program, Options::Order order) : program_(program), order_(order) {}

  Schedule run() {
    add_copies();
    const std::size_t count = program_.items.size();
    result_.segment_of.assign(count, -1);
    result_.places.assign(count, Place::kNone);
    result_.gradient_of.assign(count, -1);
    result_.last_use.assign(count, -1);
    find_stages();
    delay_preparations();
    make_segments();
    find_readiness();
    if (order_ == Options::Order::kLayerFirst) cut_where_ready();
    find_last_uses();
    choose_places();
    return std::move(result_);
  }

 private:
  Item& at(int i) { return program_.items[static_cast<std::size_t>(i)]; }
  template <class V>
  static auto& of(V& values, int i) {
    return values[static_cast<std::size_t>(i)];
  }
  bool computes(int i) { return at(i).kind == Kind::kCompute; }
  int count() const { return static_cast<int>(program_.items.size()); }

  int add_copy(int source) {
    Item copy;
    copy.operation = &graph::operation("assign");
    copy.shape = at(source).shape;
    copy.dtype = at(source).dtype;
    copy.scope = at(source).scope;
    copy.inputs = {source};
    program_.items.push_back(std::move(copy));
    return count() - 1;
  }

  // A root is its value's place when the value is computed for it alone; otherwise the value is copied. Of two
  // variables that swap values both must be read before either is written.
  void add_copies() {
    const int before = count();
    for (int i = 0; i < before; ++i) {
      if (at(i).kind != Kind::kApplyGradient && at(i).kind != Kind::kAssign) continue;
      const int source = program_.storage(at(i).inputs[0]);
      const bool assign = at(i).kind == Kind::kAssign;
      if (assign ? at(source).kind == Kind::kVariable : !computes(source) || is_shared(at(i).inputs[0])) {
        const int copy = add_copy(at(i).inputs[0]);
        at(i).inputs[0] = copy;
      }
    }
    program_.find_readers();
  }

  // Does anybody else read the values under this item, or under what it is an alias of?
  bool is_shared(int item) {
    for (;; item = at(item).inputs[0]) {
      if (at(item).is_output || at(item).readers.size() > 1) return true;
      if (at(item).kind != Kind::kAlias) return false;
    }
  }

  bool by_rows(int i) { return computes(i) && at(i).rows != Rows::kWhole; }

  // Within a stage the items that need all rows run first, then the others row block by row block.
  void find_stages() {
    stage_.assign(static_cast<std::size_t>(count()), 0);
    needs_rows_.assign(static_cast<std::size_t>(count()), false);
    for (int i = 0; i < count(); ++i) {
      if (!computes(i)) continue;
      for (int input : at(i).inputs) {
        const int source = program_.storage(input);
        if (!computes(source)) continue;
        const bool complete_later = by_rows(i) ? at(source).rows == Rows::kSumsRows : by_rows(source);
        of(stage_, i) = std::max(of(stage_, i), of(stage_, source) + (complete_later ? 1 : 0));
        if (by_rows(source) || needs_rows_[static_cast<std::size_t>(source)])
          needs_rows_[static_cast<std::size_t>(i)] = true;
      }
    }
  }

  // What depends on no row would all run first, and ask for every variable at once: it runs when it is needed.
  void delay_preparations() {
    int last = 0;
    for (int stage : stage_) last = std::max(last, stage);
    for (int i = count() - 1; i >= 0; --i) {
      if (!computes(i) || by_rows(i) || needs_rows_[static_cast<std::size_t>(i)]) continue;
      int latest = last + 1;
      for_each_reader(i, [&](int reader) {
        if (computes(reader)) latest = std::min(latest, of(stage_, reader));
      });
      of(stage_, i) = std::min(latest, last);
    }
  }

  // Readers of an item's values, through aliases.
  template <class Visit>
  void for_each_reader(int item, Visit visit) {
    for (int reader : at(item).readers) {
      if (at(reader).kind == Kind::kAlias) {
        for_each_reader(reader, visit);
      } else {
        visit(reader);
      }
    }
  }

  void make_segments() {
    std::map<int, std::pair<std::vector<int>, std::vector<int>>> stages;  // whole, by rows
    for (int i : in_order()) {
      if (computes(i)) (by_rows(i) ? stages[of(stage_, i)].second : stages[of(stage_, i)].first).push_back(i);
      if (at(i).kind == Kind::kAssign) result_.assigns.push_back(i);
    }
    for (auto& [stage, items] : stages) {
      for (int whole : items.first) result_.segments.push_back({false, {whole}, {}});
      if (!items.second.empty()) result_.segments.push_back({true, std::move(items.second), {}});
    }
    number_segments();
  }

  // Copies were appended behind their readers: put them right after what they copy.
  std::vector<int> in_order() {
    std::vector<int> order;
    std::vector<bool> done(static_cast<std::size_t>(count()), false);
    const auto visit = [&](const auto& self, int i) -> void {
      if (done[static_cast<std::size_t>(i)]) return;
      done[static_cast<std::size_t>(i)] = true;
      for (int input : at(i).inputs) self(self, input);
      order.push_back(i);
    };
    for (int i = 0; i < count(); ++i) visit(visit, i);
    return order;
  }

  void number_segments() {
    for (std::size_t s = 0; s < result_.segments.size(); ++s)
      for (int item : result_.segments[s].items) of(result_.segment_of, item) = static_cast<int>(s);
  }

  struct Moment {
    int segment = -1, position = -1;
    auto operator<=>(const Moment&) const = default;
  };

  Moment moment_of(int item) {
    const int segment = of(result_.segment_of, item);
    const auto& items = of(result_.segments, segment).items;
    return {segment, static_cast<int>(std::find(items.begin(), items.end(), item) - items.begin())};
  }

  // A gradient may leave when it is complete and its variable is read no more.
  void find_readiness() {
    std::map<std::uint64_t, Moment> last_read;
    for (int i = 0; i < count(); ++i)
      if (at(i).kind == Kind::kVariable)
        for_each_reader(i, [&](int reader) {
          if (computes(reader))
            last_read[at(i).variable.id()] = std::max(last_read[at(i).variable.id()], moment_of(reader));
        });
    for (int i = 0; i < count(); ++i)
      if (at(i).kind == Kind::kApplyGradient)
        ready_.emplace_back(std::max(last_read[at(i).variable.id()], moment_of(program_.storage(at(i).inputs[0]))), i);
    std::sort(ready_.begin(), ready_.end());
    for (const auto& [moment, item] : ready_) of(result_.segments, moment.segment).ready.push_back(item);
  }

  // The variables of a layer: the path but for its last part.
  std::string_view layer_of(int root) {
    const std::string_view path = at(root).variable.path();
    return path.substr(0, path.rfind('/'));
  }

  // Neighbouring moments of one layer (weight and bias) share a cut.
  void cut_where_ready() {
    constexpr int kNear = 2;
    std::vector<Segment> cut;
    for (int s = 0; s < static_cast<int>(result_.segments.size()); ++s) {
      Segment& whole = of(result_.segments, s);
      const int size = static_cast<int>(whole.items.size());
      std::vector<int> ends;
      int before = -1;
      for (const auto& [moment, item] : ready_) {
        if (moment.segment != s || !whole.by_rows) continue;
        const bool near = !ends.empty() && moment.position + 1 - ends.back() <= kNear;
        if (near && layer_of(item) == layer_of(before)) ends.pop_back();
        ends.push_back(moment.position + 1);
        before = item;
      }
      if (ends.empty() || ends.back() != size) ends.push_back(size);
      int begin = 0;
      for (int end : ends) {
        cut.push_back({whole.by_rows, {whole.items.begin() + begin, whole.items.begin() + end}, {}});
        for (const auto& [moment, item] : ready_)
          if (moment.segment == s && moment.position >= begin && moment.position < end)
            cut.back().ready.push_back(item);
        begin = end;
      }
    }
    result_.segments = std::move(cut);
    number_segments();
  }

  void find_last_uses() {
    const int end = static_cast<int>(result_.segments.size());
    for (int i = 0; i < count(); ++i) {
      const int source = program_.storage(i);
      int& last = of(result_.last_use, source);
      if (at(i).is_output) last = end;
      if (at(i).kind == Kind::kAssign) of(result_.last_use, program_.storage(at(i).inputs[0])) = end;
      if (!computes(i)) continue;
      last = std::max(last, of(result_.segment_of, i));
      for (int input : at(i).inputs) {
        int& used = of(result_.last_use, program_.storage(input));
        used = std::max(used, of(result_.segment_of, i));
      }
    }
  }

  void choose_places() {
    for (int i = 0; i < count(); ++i) {
      Place& place = of(result_.places, i);
      if (at(i).kind == Kind::kAlias || at(i).kind == Kind::kAssign || at(i).kind == Kind::kApplyGradient) continue;
      place = Place::kGiven;
      if (!computes(i)) continue;
      const bool local = at(i).rows == Rows::kRowWise && of(result_.last_use, i) == of(result_.segment_of, i);
      place = local ? Place::kBlock : Place::kArena;
    }
    for (int i = 0; i < count(); ++i) {
      if (at(i).kind != Kind::kApplyGradient) continue;
      const int source = program_.storage(at(i).inputs[0]);
      of(result_.places, source) = Place::kGradient;
      of(result_.gradient_of, source) = i;
    }
  }

  Program& program_;
  Options::Order order_;
  Schedule result_;
  std::vector<int> stage_;
  std::vector<bool> needs_rows_;
  std::vector<std::pair<Moment, int>> ready_;
};

}  // namespace

Schedule make_schedule(Program& program, Options::Order order) { return Scheduler(program, order).run(); }

}  // namespace shoal::plan
