#include "common/net/outbox.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace shoal::net {
namespace {

// A frame whose body is one letter again and again; it writes the letter down when it is through.
class Letter final : public OutFrame {
 public:
  Letter(char letter, std::uint32_t urgency, std::size_t bytes, std::string& order)
      : text_(bytes, letter), order_(order) {
    priority = urgency;
    body.push_back(std::as_bytes(std::span(text_)));
  }
  void sent() override { order_ += text_.front(); }

 private:
  const std::string text_;
  std::string& order_;
};

class OutboxTest : public ::testing::Test {
 protected:
  void push(char letter, std::uint32_t priority, std::size_t bytes = 100) {
    frames_.push_back(std::make_unique<Letter>(letter, priority, bytes, order_));
    outbox_.push(*frames_.back());
  }
  std::size_t gather() {
    std::array<std::span<const std::byte>, 64> spans;
    std::size_t bytes = 0;
    for (std::size_t n = outbox_.gather(spans), i = 0; i < n; ++i) bytes += spans[i].size();
    return bytes;
  }
  void drain() {
    while (!outbox_.empty()) outbox_.written(gather());
  }

  Outbox outbox_;
  std::vector<std::unique_ptr<Letter>> frames_;
  std::string order_;
};

TEST_F(OutboxTest, TheLeastPriorityGoesFirstAndEqualsInTurn) {
  push('d', 4);
  push('b', 2);
  push('e', 4);
  push('a', 0);
  push('c', 2);
  drain();
  EXPECT_EQ(order_, "abcde");
  EXPECT_EQ(outbox_.bytes(), 0u);
}

TEST_F(OutboxTest, NothingOvertakesWhatIsBeingWritten) {
  push('a', 9);
  push('b', 9);
  const std::size_t gathered = gather();
  push('c', 1);
  outbox_.written(gathered);
  drain();
  EXPECT_EQ(order_, "abc");
}

TEST_F(OutboxTest, AfterAShortWriteOnlyTheBegunFrameStaysInFront) {
  push('a', 9);
  push('b', 9);
  gather();
  outbox_.written(10);  // within a's header
  push('c', 1);
  drain();
  EXPECT_EQ(order_, "acb");
}

TEST_F(OutboxTest, AWriteTakesLittleMoreThanItsShare) {
  for (int i = 0; i < 8; ++i) push('a', 9, kWriteBytes / 2);
  EXPECT_LE(gather(), kWriteBytes * 3 / 2 + 64);
  push('b', 1);
  drain();
  EXPECT_LE(order_.find('b'), 2u);
}

TEST_F(OutboxTest, ClearTellsEveryFrameOnce) {
  push('b', 3);
  push('a', 1);
  gather();
  outbox_.clear();
  EXPECT_EQ(order_, "ab");
  EXPECT_TRUE(outbox_.empty());
  push('c', 0);
  drain();
  EXPECT_EQ(order_, "abc");
}

}  // namespace
}  // namespace shoal::net
