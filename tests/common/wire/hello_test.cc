#include "common/wire/hello.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/error.h"

namespace shoal::wire {
namespace {

Hello example() {
  Hello hello;
  hello.rank = 2;
  hello.incarnation = 1;
  hello.peer_rank = 5;
  hello.workers = 4;
  hello.job.fill(std::byte{0xaa});
  hello.nonce.fill(std::byte{0xbb});
  return hello;
}

std::string repeated(const char* byte) {
  std::string text;
  for (int i = 0; i < 32; ++i) text += byte;
  return text;
}

const std::vector<std::byte> kSecret(32, std::byte{1});

TEST(Hello, BytesArePinned) {
  EXPECT_EQ(to_hex(encode(example())),
            "53484c4f"
            "0100"
            "01"
            "01"
            "02000000"
            "01000000"
            "05000000"
            "04000000" +
                repeated("aa") + repeated("bb"));
}

TEST(Hello, RoundTrip) {
  const HelloBytes bytes = encode(example());
  EXPECT_EQ(encode(decode_hello(bytes)), bytes);
  HelloBytes other = bytes;
  other[0] = std::byte{0};
  EXPECT_THROW(decode_hello(other), PeerError);
}

TEST(Verdict, BytesArePinned) {
  Verdict verdict;
  verdict.code = Code::wrong_proof;
  verdict.proof.fill(std::byte{0xcc});
  EXPECT_EQ(to_hex(encode(verdict)), "04000000" + repeated("cc"));
  EXPECT_EQ(decode_verdict(encode(verdict)).code, Code::wrong_proof);
}

// HMAC-SHA-256 as Python's hmac module gives it for the bytes that docs/wire.md names.
TEST(Proof, BytesArePinned) {
  Hello acceptor = example();
  acceptor.role = Role::server;
  acceptor.direction = Direction::acceptor;
  EXPECT_EQ(to_hex(make_proof(kSecret, Direction::initiator, encode(example()), encode(acceptor))),
            "3e437750690a20802e5a62082f71e671f63aa4d9dfa77949a915166dbf356a14");
  EXPECT_EQ(to_hex(make_proof(kSecret, Direction::acceptor, encode(example()), encode(acceptor))),
            "32ccdaf1ffdfbe276eafddb1da9807b3852538767dec964ded747d588250ae32");
}

TEST(Proof, CoversEveryByteOfBothHellos) {
  const HelloBytes hello = encode(example());
  const Digest proof = make_proof(kSecret, Direction::initiator, hello, hello);
  for (std::size_t i = 0; i < kHelloBytes; ++i) {
    HelloBytes other = hello;
    other[i] ^= std::byte{1};
    EXPECT_NE(make_proof(kSecret, Direction::initiator, other, hello), proof) << i;
    EXPECT_NE(make_proof(kSecret, Direction::initiator, hello, other), proof) << i;
  }
  EXPECT_NE(make_proof(kSecret, Direction::acceptor, hello, hello), proof);
  std::vector<std::byte> secret = kSecret;
  secret[31] = std::byte{2};
  EXPECT_NE(make_proof(secret, Direction::initiator, hello, hello), proof);
}

}  // namespace
}  // namespace shoal::wire
