#include "launcher/doctor/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

namespace shoal::launcher {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kLeastMemory = 256 * kMiB;  // a process that has loaded Shoal and MPI, and a small model
constexpr std::int64_t kLeastShared = 64 * kMiB;   // a few processes' segments of Open MPI
constexpr const char* kWhyShared = "a program's own MPI calls need it, Shoal's shared memory does not";
constexpr double kClockLimit = 1;   // seconds
constexpr double kSlowShare = 0.1;  // of the median bandwidth

class Finder {
 public:
  explicit Finder(const Examination& examination) : all_(examination) {
    for (const ExaminedHost& host : all_.hosts)
      if (host.failure.empty()) answered_.push_back(&host);
    for (const ExaminedHost* host : answered_) several_ = several_ || host->facts.key != answered_.front()->facts.key;
  }

  std::vector<Finding> run() {
    for (const ExaminedHost& host : all_.hosts)
      if (!host.failure.empty()) error("host {}: cannot be examined: {}", host.name, host.failure);
    must_agree("Shoal's version", &HostFacts::shoal);
    must_agree("Open MPI's version", &HostFacts::mpi);
    for (const ExaminedHost* host : answered_) judge(*host);
    judge_connections();
    if (!all_.rendezvous_failure.empty())
      error("MPI: processes on all hosts must find each other: {}", all_.rendezvous_failure);
    judge_levels();
    judge_names();
    judge_bandwidths();
    std::stable_partition(findings_.begin(), findings_.end(), [](const Finding& f) { return f.error; });
    return findings_;
  }

 private:
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    add({true, fmt::format(format, std::forward<Args>(args)...)});
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    add({false, fmt::format(format, std::forward<Args>(args)...)});
  }
  // Once, of two processes on the same host.
  void add(Finding finding) {
    if (std::find(findings_.begin(), findings_.end(), finding) == findings_.end())
      findings_.push_back(std::move(finding));
  }

  // "0.1.0 on a, b; 0.2.0 on c", or nothing when all say the same.
  std::string differences(std::string HostFacts::*field) const {
    std::map<std::string, std::vector<std::string>> hosts;
    for (const ExaminedHost* host : answered_)
      if (!(host->facts.*field).empty()) hosts[host->facts.*field].push_back(host->name);
    if (hosts.size() < 2) return "";
    std::string text;
    for (const auto& [value, names] : hosts)
      text += fmt::format("{}{} on {}", text.empty() ? "" : "; ", value, fmt::join(names, ", "));
    return text;
  }

  void must_agree(std::string_view what, std::string HostFacts::*field) {
    if (const std::string text = differences(field); !text.empty())
      error("{} must be the same on all hosts: {}", what, text);
  }

  void judge(const ExaminedHost& host) {
    const HostFacts& facts = host.facts;
    if (!facts.kernels_error.empty()) error("host {}: no kernels: {}", host.name, facts.kernels_error);
    if (facts.memory_available < kLeastMemory)
      error("host {}: memory available must be at least {} MiB, found {} MiB", host.name, kLeastMemory / kMiB,
            facts.memory_available / kMiB);
    if (facts.shared_total < 0)
      warning("host {}: /dev/shm should be there and writable; {}", host.name, kWhyShared);
    else if (facts.shared_available < kLeastShared)
      warning("host {}: /dev/shm should have {} MiB free, found {} MiB; {}", host.name, kLeastShared / kMiB,
              facts.shared_available / kMiB, kWhyShared);
    if (host.slots > facts.usable)
      warning("host {}: the hostfile says slots={}, but {} of {} cores may be used", host.name, host.slots,
              facts.usable, facts.cores);
    if (std::abs(host.clock_offset) > kClockLimit)
      warning("host {}: its clock should be within {} s of the first host's, found {:+.1f} s", host.name, kClockLimit,
              host.clock_offset);
    for (const Interface& interface : facts.interfaces)
      if (interface.skipped && interface.address == facts.address && several_)
        warning("host {}: its address {} is of {}, which other hosts seldom reach; SHOAL_ADDRESS names a better one",
                host.name, facts.address, interface.name);
  }

  void judge_connections() {
    for (const ExaminedPair& pair : all_.pairs) {
      if (!pair.there.error.empty()) no_connection(pair.a, pair.b, pair.there.error);
      if (!pair.back.error.empty()) no_connection(pair.b, pair.a, pair.back.error);
    }
  }
  void no_connection(int from, int to, const std::string& why) {
    const ExaminedHost &source = all_.hosts[static_cast<std::size_t>(from)],
                       &target = all_.hosts[static_cast<std::size_t>(to)];
    if (!source.failure.empty() || !target.failure.empty()) return;  // that has been said
    error("hosts {} -> {}: a TCP connection to {} must be possible: {}", source.name, target.name, target.facts.address,
          why);
  }

  void judge_levels() {
    const std::string text = differences(&HostFacts::kernels);
    if (text.empty()) return;
    std::string least;
    for (const std::string_view level : {"avx512", "avx2", "portable"})
      for (const ExaminedHost* host : answered_)
        if (host->facts.kernels == level) least = level;
    warning("kernel levels differ: {}; a result's bits depend on the level, SHOAL_KERNELS={} makes them one", text,
            least);
  }

  void judge_names() {
    for (std::size_t i = 0; i < answered_.size(); ++i)
      for (std::size_t j = i + 1; j < answered_.size(); ++j)
        if (answered_[i]->facts.key == answered_[j]->facts.key && answered_[i]->name != answered_[j]->name)
          warning("hosts {} and {}: both names are of the same host, {}", answered_[i]->name, answered_[j]->name,
                  answered_[i]->facts.name);
  }

  // Of those that went well.
  template <class Look>
  void each_trip(Look look) const {
    for (const ExaminedPair& pair : all_.pairs) {
      const auto a = static_cast<std::size_t>(pair.a), b = static_cast<std::size_t>(pair.b);
      if (pair.there.error.empty()) look(pair.there, a, b);
      if (pair.back.error.empty()) look(pair.back, b, a);
    }
  }

  void judge_bandwidths() {
    std::vector<double> best(all_.hosts.size(), 0);
    std::vector<int> trips(all_.hosts.size(), 0);
    each_trip([&](const Trip& trip, std::size_t from, std::size_t to) {
      for (const std::size_t place : {from, to}) {
        best[place] = std::max(best[place], trip.bandwidth);
        ++trips[place];
      }
    });
    // Of hosts, each at its best: of three hosts' pairs most are slow when one host is.
    std::vector<double> found;
    for (std::size_t place = 0; place < best.size(); ++place)
      if (trips[place] > 0) found.push_back(best[place]);
    if (found.empty()) return;
    const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
    std::nth_element(found.begin(), middle, found.end());
    const double median = *middle;
    const auto slow = [median](const Trip& trip) { return trip.bandwidth < kSlowShare * median; };
    // A host with one slow cable is one line, not one for each of its pairs.
    const auto slow_host = [&](std::size_t place) { return trips[place] > 2 && best[place] < kSlowShare * median; };
    for (std::size_t place = 0; place < best.size(); ++place)
      if (slow_host(place))
        warning("host {}: bandwidth should be a tenth of the median {:.2f} Gbit/s, found at best {:.2f} Gbit/s",
                all_.hosts[place].name, median * 8e-9, best[place] * 8e-9);
    each_trip([&](const Trip& trip, std::size_t from, std::size_t to) {
      if (slow(trip) && !slow_host(from) && !slow_host(to))
        warning("hosts {} -> {}: bandwidth should be a tenth of the median {:.2f} Gbit/s, found {:.2f} Gbit/s",
                all_.hosts[from].name, all_.hosts[to].name, median * 8e-9, trip.bandwidth * 8e-9);
    });
  }

  const Examination& all_;
  std::vector<const ExaminedHost*> answered_;
  bool several_ = false;  // hosts, and not only processes on one
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> find_problems(const Examination& examination) { return Finder(examination).run(); }

}  // namespace shoal::launcher
