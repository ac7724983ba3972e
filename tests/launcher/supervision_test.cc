#include "launcher/runtime/supervision.h"

#include <gtest/gtest.h>

namespace shoal::launcher {
namespace {

TEST(SupervisionTest, AHelloKeepsItsFields) {
  Nonce nonce{};
  nonce[0] = std::byte{7};
  const HelloFrame frame = encode(Hello{"ab12", 3, 4711, "node-a", "1453260801"}, nonce);
  Hello hello;
  ASSERT_TRUE(decode(frame, "ab12", hello));
  EXPECT_EQ(hello.place, 3u);
  EXPECT_EQ(hello.pid, 4711u);
  EXPECT_EQ(hello.host, "node-a");
  EXPECT_EQ(hello.mpi_job, "1453260801");
}

TEST(SupervisionTest, AHelloOfAnotherJobVersionOrProtocolIsNone) {
  const HelloFrame good = encode(Hello{"ab12", 3, 1, "h", ""}, Nonce{});
  Hello hello;
  EXPECT_FALSE(decode(good, "ab13", hello));
  for (const std::size_t at : {std::size_t{0}, std::size_t{8}}) {
    HelloFrame bad = good;
    bad[at] ^= std::byte{1};
    EXPECT_FALSE(decode(bad, "ab12", hello)) << at;
  }
}

TEST(SupervisionTest, AProofCoversEveryByteBothNoncesAndTheDirection) {
  const std::vector<std::byte> secret(32, std::byte{1}), other(32, std::byte{2});
  const HelloFrame hello = encode(Hello{"ab12", 3, 1, "h", ""}, Nonce{});
  const Digest proof = prove(secret, Direction::kProcess, hello, Nonce{});
  EXPECT_NE(proof, prove(other, Direction::kProcess, hello, Nonce{}));
  EXPECT_NE(proof, prove(secret, Direction::kSupervisor, hello, Nonce{}));
  Nonce nonce{};
  nonce[31] = std::byte{1};
  EXPECT_NE(proof, prove(secret, Direction::kProcess, hello, nonce));
  for (std::size_t i = 0; i < kHelloBytes; ++i) {
    HelloFrame changed = hello;
    changed[i] ^= std::byte{0x80};
    EXPECT_NE(proof, prove(secret, Direction::kProcess, changed, Nonce{})) << i;
  }
}

TEST(SupervisionTest, ANoteKeepsItsFieldsAndIsCutAndPrintable) {
  Note note;
  ASSERT_TRUE(decode(encode(Note{Note::Kind::kGoodbye, -3, "training step"}), note));
  EXPECT_EQ(note.kind, Note::Kind::kGoodbye);
  EXPECT_EQ(note.number, -3);
  EXPECT_EQ(note.text, "training step");
  ASSERT_TRUE(decode(encode(Note{Note::Kind::kFailed, 0, std::string(1000, 'x')}), note));
  EXPECT_EQ(note.text, std::string(240, 'x'));
  ASSERT_TRUE(decode(encode(Note{Note::Kind::kFailed, 0, "a\x1b[2Jb\n"}), note));
  EXPECT_EQ(note.text, "a [2Jb ");
  NoteFrame frame{};
  EXPECT_FALSE(decode(frame, note));
  frame[0] = std::byte{5};
  EXPECT_FALSE(decode(frame, note));
}

TEST(SupervisionTest, AnActivityPrintsItsNumberUnlessNegative) {
  EXPECT_EQ(activity_text("step", 120), "step 120");
  EXPECT_EQ(activity_text("rendezvous", -1), "rendezvous");
}

}  // namespace
}  // namespace shoal::launcher
