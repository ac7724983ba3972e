#include "launcher/doctor/examination.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "launcher/doctor/probe.h"
#include "launcher/doctor/schedule.h"

namespace shoal::launcher {
namespace {

constexpr double kPatience = 5, kMeasurePatience = 20;  // more than a measurement's own waits together
constexpr int kClockReadings = 20;

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class Examiner {
 public:
  Examiner(std::vector<std::optional<Channel>>& probes, bool this_host_only, Examination& out)
      : probes_(probes), near_(this_host_only), out_(out), ports_(probes.size()) {}

  void run() {
    for (std::size_t i = 0; i < probes_.size(); ++i) ask(i, [&](Channel& probe) { meet(i, probe); });
    for (std::size_t i = 0; i < probes_.size(); ++i) ask(i, [&](Channel& probe) { compare_clock(i, probe); });
    double first = std::numeric_limits<double>::quiet_NaN();
    for (ExaminedHost& host : out_.hosts) {
      if (!host.failure.empty()) continue;
      if (first != first) first = host.clock_offset;
      host.clock_offset -= first;
    }
    for (const auto& round : pair_rounds(static_cast<int>(probes_.size()))) measure_round(round);
    for (std::size_t i = 0; i < probes_.size(); ++i) ask(i, [](Channel& probe) { probe.send(kEndRequest, kPatience); });
  }

 private:
  template <class Question>
  void ask(std::size_t place, Question question) {
    if (!probes_[place]) return;
    try {
      question(*probes_[place]);
    } catch (const std::exception& error) {
      out_.hosts[place].failure = fmt::format("its probe broke off: {}", error.what());
      probes_[place].reset();
    }
  }

  void meet(std::size_t place, Channel& probe) {
    const auto answer = nlohmann::json::parse(probe.receive(kMeasurePatience));
    if (answer.contains("error")) {
      out_.hosts[place].failure = answer["error"].get<std::string>();
      probes_[place].reset();
      return;
    }
    ports_[place] = answer.at("port").get<std::uint16_t>();
    out_.hosts[place].facts = decode_facts(answer.at("facts").get<std::string>());
  }

  // As NTP does: the reading whose question and answer travelled fastest says the most.
  void compare_clock(std::size_t place, Channel& probe) {
    double fastest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kClockReadings; ++i) {
      const auto asked = std::chrono::steady_clock::now();
      const double before = wall_clock();
      probe.send(kClockRequest, kPatience);
      const double theirs = nlohmann::json::parse(probe.receive(kPatience)).get<double>();
      const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count();
      if (took >= fastest) continue;
      fastest = took;
      out_.hosts[place].clock_offset = theirs - (before + took / 2);
    }
  }

  void measure_round(const std::vector<std::pair<int, int>>& round) {
    std::vector<ExaminedPair> pairs;
    for (const auto& [a, b] : round)
      if (probes_[static_cast<std::size_t>(a)] && probes_[static_cast<std::size_t>(b)]) pairs.push_back({a, b, {}, {}});
    for (ExaminedPair& pair : pairs) order(pair.a, pair.b);
    for (ExaminedPair& pair : pairs) collect(pair.a, pair.there);
    for (ExaminedPair& pair : pairs) order(pair.b, pair.a);
    for (ExaminedPair& pair : pairs) collect(pair.b, pair.back);
    out_.pairs.insert(out_.pairs.end(), pairs.begin(), pairs.end());
  }

  void order(int from, int to) {
    const auto other = static_cast<std::size_t>(to);
    const nlohmann::json request{{"address", near_ ? "127.0.0.1" : out_.hosts[other].facts.address},
                                 {"port", ports_[other]}};
    ask(static_cast<std::size_t>(from), [&](Channel& probe) { probe.send(request.dump(), kPatience); });
  }

  void collect(int from, Trip& trip) {
    trip.error = "its probe broke off";
    ask(static_cast<std::size_t>(from), [&](Channel& probe) { trip = decode_trip(probe.receive(kMeasurePatience)); });
  }

  std::vector<std::optional<Channel>>& probes_;
  const bool near_;
  Examination& out_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace

void examine(std::vector<std::optional<Channel>>& probes, bool this_host_only, Examination& examination) {
  Examiner(probes, this_host_only, examination).run();
  std::sort(examination.pairs.begin(), examination.pairs.end(),
            [](const ExaminedPair& x, const ExaminedPair& y) { return std::pair(x.a, x.b) < std::pair(y.a, y.b); });
}

}  // namespace shoal::launcher
