#include "common/base/digest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "common/base/error.h"

namespace shoal {
namespace {

std::vector<std::byte> bytes(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

std::vector<std::byte> repeated(int value, std::size_t count) {
  return std::vector<std::byte>(count, static_cast<std::byte>(value));
}

// FIPS 180-4's examples.
TEST(Sha256, GivesTheKnownAnswers) {
  EXPECT_EQ(to_hex(sha256(bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2, 3, 6 and 7.
TEST(HmacSha256, GivesTheKnownAnswers) {
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0x0b, 20), bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(bytes("Jefe"), bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0xaa, 20), repeated(0xdd, 50))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0xaa, 131), bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha256(repeated(0xaa, 131),
                               bytes("This is a test using a larger than block-size key and a larger than block-size "
                                     "data. The key needs to be hashed before being used by the HMAC algorithm."))),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacSha256, TakesAnEmptyKeyAndNoData) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualConstantTime, ComparesLengthAndContent) {
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_TRUE(equal_constant_time(bytes("secret"), bytes("secret")));
  EXPECT_FALSE(equal_constant_time(bytes("secret"), bytes("secreT")));
  EXPECT_FALSE(equal_constant_time(bytes("secret"), bytes("secre")));
}

TEST(FillRandom, FillsAllAndDiffersFromCallToCall) {
  auto a = repeated(0, 64), b = repeated(0, 64);
  fill_random(a);
  fill_random(b);
  EXPECT_NE(a, b);
  EXPECT_LT(std::count(a.begin(), a.end(), std::byte{0}), 10);
  fill_random({});
}

TEST(Sha256OfFile, AgreesWithTheBytesAndNamesAMissingFile) {
  const auto path = std::filesystem::temp_directory_path() / ("digest_test." + std::to_string(::getpid()));
  const std::string text(200000, 'x');  // more than one buffer
  std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(sha256_hex_of_file(path), to_hex(sha256(bytes(text))));
  std::filesystem::remove(path);
  try {
    sha256_hex_of_file(path);
    FAIL() << "a missing file was accepted";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
  }
  EXPECT_THROW(sha256_hex_of_file(std::filesystem::temp_directory_path()), IoError) << "a directory is no file";
}

}  // namespace
}  // namespace shoal
