#include "common/net/frame_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/net/outbox.h"

namespace shoal::net {
namespace {

using Bytes = std::vector<std::byte>;

Bytes some_bytes(std::size_t n, random::Generator& generator) {
  Bytes bytes(n);
  for (auto& byte : bytes) byte = static_cast<std::byte>(generator.next());
  return bytes;
}

// A frame to write, which counts how often it was told that it is sent.
class Frame final : public OutFrame {
 public:
  void sent() override { ++told; }
  int told = 0;
};

// Keeps what arrives: heads, and bodies in pieces of odd sizes.
class Keeper final : public FrameHandler {
 public:
  void on_head(const wire::Header& header, std::span<const std::byte> head,
               std::vector<std::span<std::byte>>& body) override {
    heads.emplace_back(head.begin(), head.end());
    bodies.emplace_back(header.payload - head.size());
    std::span<std::byte> rest = bodies.back();
    for (std::size_t n = first_piece; !rest.empty(); n = 2 * n + 1) {
      const std::size_t taken = std::min(n, rest.size());
      body.push_back(rest.first(taken));
      rest = rest.subspan(taken);
    }
  }
  void on_frame(const wire::Header& header) override { headers.push_back(header); }

  std::size_t first_piece = 3;
  std::vector<wire::Header> headers;
  std::deque<Bytes> heads, bodies;
};

// Frames of random kinds go through an outbox and a reader that are given random amounts of room; what comes out is
// what went in, and every frame is told once.
TEST(FrameReader, AnyChunksGiveTheSameFrames) {
  random::Generator generator(11);
  for (int round = 0; round < 60; ++round) {
    std::deque<Frame> frames;
    std::deque<Bytes> values;
    Outbox outbox;
    for (int i = 0; i < 12; ++i) {
      Frame& frame = frames.emplace_back();
      switch (generator.below(3)) {
        case 0:
          frame.header.type = wire::Type::heartbeat;
          break;
        case 1:
          frame.header.type = wire::Type::collective;
          frame.head = some_bytes(generator.below(2) ? generator.below(100) : wire::kMaxHeadBytes, generator);
          break;
        default:
          frame.header.type = wire::Type::push_pull;
          frame.header.count = static_cast<std::uint32_t>(1 + generator.below(100));
          frame.head = some_bytes(frame.header.count * wire::kEntryBytes, generator);
          for (std::size_t n = generator.below(100); n > 0; --n) {
            values.push_back(some_bytes(generator.below(3) ? generator.below(50) : generator.below(30000), generator));
            frame.body.push_back(values.back());
          }
      }
      outbox.push(frame);
    }
    Keeper keeper;
    keeper.first_piece = 1 + generator.below(5000);
    FrameReader reader(keeper);
    Bytes pipe;
    while (!outbox.empty() || !pipe.empty()) {
      std::array<std::span<const std::byte>, 64> out;
      std::size_t limit = generator.below(2) ? generator.below(200) : generator.below(100000), written = 0;
      const std::size_t spans = outbox.gather(std::span(out).first(1 + generator.below(64)));
      for (std::size_t i = 0; i < spans && limit > 0; ++i) {
        const std::size_t n = std::min(limit, out[i].size());
        pipe.insert(pipe.end(), out[i].begin(), out[i].begin() + static_cast<std::ptrdiff_t>(n));
        limit -= n;
        written += n;
      }
      outbox.written(written);
      std::size_t n = std::min<std::size_t>(pipe.size(), generator.below(2) ? 7 : generator.below(100000)), at = 0;
      for (const auto& span : reader.wanted()) {
        ASSERT_FALSE(span.empty());
        const std::size_t taken = std::min(n - at, span.size());
        std::memcpy(span.data(), pipe.data() + at, taken);
        at += taken;
      }
      reader.received(at);
      pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(at));
    }
    EXPECT_EQ(outbox.bytes(), 0u);
    ASSERT_EQ(keeper.headers.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].told, 1);
      EXPECT_EQ(keeper.headers[i], frames[i].header);
      EXPECT_EQ(keeper.heads[i], frames[i].head);
      Bytes body;
      for (const auto& span : frames[i].body) body.insert(body.end(), span.begin(), span.end());
      EXPECT_EQ(keeper.bodies[i], body);
    }
  }
}

// Gives whatever it is asked for too little room.
class Miser final : public FrameHandler {
 public:
  void on_head(const wire::Header&, std::span<const std::byte>, std::vector<std::span<std::byte>>& body) override {
    body.push_back(room_);
  }
  void on_frame(const wire::Header&) override { ADD_FAILURE(); }

 private:
  std::array<std::byte, 8> room_;
};

TEST(FrameReader, ABodyThatIsNotExpectedIsRefused) {
  Miser miser;
  FrameReader reader(miser);
  wire::Header header;
  header.type = wire::Type::write;
  header.count = 1;
  header.payload = wire::kEntryBytes + 9;
  Bytes bytes(wire::kHeaderBytes + wire::kEntryBytes);
  wire::encode(header, std::span<std::byte, wire::kHeaderBytes>(bytes.data(), wire::kHeaderBytes));
  std::memcpy(reader.wanted()[0].data(), bytes.data(), bytes.size());
  EXPECT_THROW(reader.received(bytes.size()), PeerError);
}

TEST(FrameReader, RandomBytesAreRefused) {
  random::Generator generator(5);
  for (int round = 0; round < 2000; ++round) {
    Keeper keeper;
    FrameReader reader(keeper);
    const Bytes bytes = some_bytes(wire::kHeaderBytes, generator);
    std::memcpy(reader.wanted()[0].data(), bytes.data(), bytes.size());
    EXPECT_THROW(reader.received(bytes.size()), PeerError);
  }
}

TEST(Outbox, ClearTellsEveryFrameOnce) {
  Outbox outbox;
  Frame frames[3];
  for (Frame& frame : frames) outbox.push(frame);
  outbox.written(wire::kHeaderBytes + 10);
  outbox.clear();
  for (const Frame& frame : frames) EXPECT_EQ(frame.told, 1);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0u);
}

}  // namespace
}  // namespace shoal::net
