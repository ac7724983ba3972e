#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace shoal::ps {

struct Push {
  std::uint32_t worker = 0;
  std::size_t slice = 0;  // position among the server's own
  std::int64_t step = 0;
  std::uint64_t sequence = 0;
};

enum class Verdict {
  counted,   // a gradient that is needed: the first of this worker for this step
  repeated,  // was counted before: never again, but may be answered
  late,      // of a step older than the last applied
  ahead,     // of a step that cannot be begun yet: the sender broke the rules
};

struct Decision {
  Verdict verdict = Verdict::counted;
  bool apply = false;                            // all contributions are there: sum them, apply the rule
  std::span<const std::uint32_t> released = {};  // workers that may have the weights now; valid until the next call
};

// Who may go on when. A pure state machine: events in, decisions out; no sockets, no clock.
class Policy {
 public:
  virtual ~Policy() = default;

  // What on_push would say, without counting: where a gradient that is about to arrive should go.
  virtual Verdict judge(const Push& push) const = 0;
  virtual Decision on_push(const Push& push) = 0;
  // May this worker have the weights that stand after `step`? If not, a later decision releases it.
  virtual bool on_pull(const Push& pull) = 0;
  virtual Decision on_join(std::uint32_t worker) = 0;
  // The worker's gradients are not waited for any more; on a vanished one the caller may give up instead.
  virtual Decision on_leave(std::uint32_t worker) = 0;
  // The weights were set from outside: steps may begin anywhere. False while contributions are being gathered.
  virtual bool on_write(std::size_t slice) = 0;
  // Gradients of this slice were counted that are not applied yet.
  virtual bool gathering(std::size_t slice) const = 0;
};

// Each step waits for every worker; all get the weights at once.
std::unique_ptr<Policy> make_bulk_synchronous(std::size_t slices, std::uint32_t workers);

}  // namespace shoal::ps
