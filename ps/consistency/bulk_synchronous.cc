#include <limits>
#include <numeric>
#include <vector>

#include "ps/consistency/policy.h"

namespace shoal::ps {
namespace {

constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

class BulkSynchronous final : public Policy {
 public:
  BulkSynchronous(std::size_t slices, std::uint32_t workers)
      : workers_(workers), slices_(slices), contributions_(slices * workers), everybody_(workers) {
    std::iota(everybody_.begin(), everybody_.end(), 0u);
  }

  Verdict judge(const Push& push) const override {
    const Slice& slice = slices_[push.slice];
    const Contribution& mine = contributions_[push.slice * workers_ + push.worker];
    if (slice.arrived > 0) {
      if (push.step == slice.open && mine.counted) return Verdict::repeated;
      if (push.step > slice.open) return Verdict::ahead;
    }
    if (push.sequence <= mine.sequence || push.step == slice.applied) return Verdict::repeated;
    if (push.step < slice.applied || (slice.arrived > 0 && push.step < slice.open)) return Verdict::late;
    return Verdict::counted;
  }

  Decision on_push(const Push& push) override {
    Decision decision;
    decision.verdict = judge(push);
    if (decision.verdict != Verdict::counted) return decision;
    Slice& slice = slices_[push.slice];
    Contribution& mine = contributions_[push.slice * workers_ + push.worker];
    mine.counted = true;
    mine.sequence = push.sequence;
    slice.open = push.step;
    if (++slice.arrived < workers_) return decision;
    slice.arrived = 0;
    slice.applied = push.step;
    for (std::uint32_t worker = 0; worker < workers_; ++worker)
      contributions_[push.slice * workers_ + worker].counted = false;
    decision.apply = true;
    decision.released = everybody_;
    return decision;
  }

  bool on_pull(const Push& pull) override { return slices_[pull.slice].applied >= pull.step; }

  // The set of workers is fixed: nobody's coming releases anybody, and nothing is complete without the one that left.
  Decision on_join(std::uint32_t) override { return {}; }
  Decision on_leave(std::uint32_t) override { return {}; }

  bool on_write(std::size_t slice) override {
    if (gathering(slice)) return false;
    slices_[slice].applied = kNone;
    return true;
  }

  bool gathering(std::size_t slice) const override { return slices_[slice].arrived > 0; }

 private:
  struct Slice {
    std::int64_t open = kNone;     // the step being gathered, if something arrived
    std::int64_t applied = kNone;  // the last step applied
    std::uint32_t arrived = 0;
  };
  struct Contribution {
    std::uint64_t sequence = 0;  // of the last push counted; they begin at 1
    bool counted = false;        // for the open step
  };

  const std::uint32_t workers_;
  std::vector<Slice> slices_;
  std::vector<Contribution> contributions_;
  std::vector<std::uint32_t> everybody_;
};

}  // namespace

std::unique_ptr<Policy> make_bulk_synchronous(std::size_t slices, std::uint32_t workers) {
  return std::make_unique<BulkSynchronous>(slices, workers);
}

}  // namespace shoal::ps
