#include "launcher/reception.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "common/base/error.h"
#include "launcher/runtime/supervisor_link.h"

namespace shoal::launcher {
namespace {

using Kind = Reception::Event::Kind;

class ReceptionTest : public ::testing::Test {
 protected:
  // Runs the supervisor's side until `enough` holds or ten seconds are over.
  bool serve(const std::function<bool()>& enough) {
    for (int i = 0; i < 1000 && !enough(); ++i) {
      for (auto& event : reception_.collect(time_)) events_.push_back(event);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return enough();
  }
  bool saw(Kind kind, Note::Kind note = Note::Kind::kHeartbeat) const {
    for (const auto& event : events_)
      if (event.kind == kind && (kind != Kind::kNote || event.note.kind == note)) return true;
    return false;
  }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(reception_.port()); }
  int dial() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(reception_.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return fd;
  }

  const std::vector<std::byte> secret_ = std::vector<std::byte>(32, std::byte{5});
  double time_ = 0;
  Reception reception_{"job1", secret_, 2, true};
  std::vector<Reception::Event> events_;
};

TEST_F(ReceptionTest, AProcessJoinsSpeaksAndSaysGoodbye) {
  std::unique_ptr<SupervisorLink> link;
  std::thread process([&] {
    link = SupervisorLink::connect("127.0.0.1:1," + endpoint(), secret_, {"job1", 1, 77, "node", "9"});
    link->set_activity("step", 4);
    link->goodbye(0);
  });
  EXPECT_TRUE(serve([&] { return saw(Kind::kNote, Note::Kind::kGoodbye); }));
  process.join();
  ASSERT_GE(events_.size(), 3u);
  EXPECT_EQ(events_.front().kind, Kind::kJoined);
  EXPECT_EQ(events_.front().place, 1);
  EXPECT_EQ(events_.front().hello.pid, 77u);
  bool told = false;
  for (const auto& event : events_) told = told || (event.note.text == "step" && event.note.number == 4);
  EXPECT_TRUE(told);
  link.reset();
  EXPECT_TRUE(serve([&] { return saw(Kind::kClosed); }));
}

TEST_F(ReceptionTest, AWrongSecretIsRefusedOnBothSides) {
  std::atomic<bool> done{false};
  std::thread process([&] {
    EXPECT_THROW(SupervisorLink::connect(endpoint(), std::vector<std::byte>(32, std::byte{6}), {"job1", 1, 1, "h", ""}),
                 PeerError);
    done = true;
  });
  EXPECT_TRUE(serve([&] { return done.load(); }));
  process.join();
  EXPECT_TRUE(events_.empty());
}

TEST_F(ReceptionTest, AnAnswerWithoutTheSecretIsNoProof) {
  const int fd = dial();
  const HelloFrame hello = encode(Hello{"job1", 0, 1, "h", ""}, Nonce{});
  ASSERT_EQ(::send(fd, hello.data(), hello.size(), 0), static_cast<ssize_t>(hello.size()));
  serve([n = 0]() mutable { return ++n > 10; });
  ChallengeFrame challenge;
  ASSERT_EQ(::recv(fd, challenge.data(), challenge.size(), MSG_WAITALL), static_cast<ssize_t>(challenge.size()));
  Nonce nonce;
  Digest proof;
  split(challenge, nonce, proof);
  // Sending the supervisor's own proof back does not help: it is of the other direction.
  ASSERT_EQ(::send(fd, proof.data(), proof.size(), 0), static_cast<ssize_t>(proof.size()));
  serve([n = 0]() mutable { return ++n > 10; });
  EXPECT_TRUE(events_.empty());
  std::byte more;
  EXPECT_LE(::recv(fd, &more, 1, 0), 0);
  ::close(fd);
}

TEST_F(ReceptionTest, AStrangerWhoSaysNothingIsDroppedAtTheDeadline) {
  const int fd = dial();
  serve([n = 0]() mutable { return ++n > 5; });
  std::byte more;
  EXPECT_EQ(::recv(fd, &more, 1, MSG_DONTWAIT), -1) << "still open";
  time_ = 11;
  serve([n = 0]() mutable { return ++n > 5; });
  EXPECT_EQ(::recv(fd, &more, 1, 0), 0);
  EXPECT_TRUE(events_.empty());
  ::close(fd);
}

}  // namespace
}  // namespace shoal::launcher
