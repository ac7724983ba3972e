#include "ps/server/collectives.h"

#include <cstring>

#include "common/base/error.h"

namespace shoal::ps {
namespace {

using wire::Collective;
using wire::Contribution;

const char* name(Collective kind) {
  switch (kind) {
    case Collective::barrier:
      return "barrier";
    case Collective::sum:
      return "sum";
    case Collective::broadcast:
      return "broadcast";
    case Collective::gather:
      return "gather";
  }
  return "?";
}

// In the order of ranks, so that the result does not depend on who came first.
std::string sum(const std::vector<std::optional<Contribution>>& all) {
  std::string total = all[0]->parts[0];
  for (std::size_t worker = 1; worker < all.size(); ++worker) {
    const std::string& more = all[worker]->parts[0];
    for (std::size_t at = 0; at + sizeof(double) <= total.size(); at += sizeof(double)) {
      double a = 0, b = 0;
      std::memcpy(&a, total.data() + at, sizeof(double));
      std::memcpy(&b, more.data() + at, sizeof(double));
      a += b;
      std::memcpy(total.data() + at, &a, sizeof(double));
    }
  }
  return total;
}

}  // namespace

bool Collectives::add(std::uint32_t worker, std::int64_t number, Contribution contribution) {
  if (contributions_[worker] || number != finished_[worker] + 1)
    raise<PeerError>("collective {} of worker {} is not its next one", number, worker);
  if (contribution.parts.size() != 1)
    raise<PeerError>("collective {} of worker {} has {} parts, must be 1", number, worker, contribution.parts.size());
  if (arrived_ > 0) {
    const Contribution& first = *contributions_[first_];
    if (first.kind != contribution.kind)
      raise<PeerError>("worker {} is in a {} where worker {} is in a {}", worker, name(contribution.kind), first_,
                       name(first.kind));
    if (first.kind == Collective::sum && first.parts[0].size() != contribution.parts[0].size())
      raise<PeerError>("worker {} sums {} values where worker {} sums {}", worker,
                       contribution.parts[0].size() / sizeof(double), first_, first.parts[0].size() / sizeof(double));
  } else {
    first_ = worker;
  }
  contributions_[worker] = std::move(contribution);
  return ++arrived_ == contributions_.size();
}

std::vector<Contribution> Collectives::take() {
  std::vector<Contribution> results(contributions_.size());
  const Collective kind = contributions_[0]->kind;
  std::string same;
  if (kind == Collective::sum) same = sum(contributions_);
  if (kind == Collective::broadcast) same = std::move(contributions_[0]->parts[0]);
  for (std::size_t worker = 0; worker < results.size(); ++worker) {
    results[worker].kind = kind;
    if (kind == Collective::sum || kind == Collective::broadcast) results[worker].parts.push_back(same);
    if (kind == Collective::gather) results[0].parts.push_back(std::move(contributions_[worker]->parts[0]));
  }
  for (std::size_t worker = 0; worker < results.size(); ++worker) {
    contributions_[worker].reset();
    ++finished_[worker];
  }
  arrived_ = 0;
  return results;
}

}  // namespace shoal::ps
