#include "common/base/error.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

TEST(Raise, FormatsAndThrowsTheGivenKind) {
  try {
    raise<IoError>("{}: {} bytes missing", "weights.h5", 12);
    FAIL();
  } catch (const IoError& error) {
    EXPECT_STREQ(error.what(), "weights.h5: 12 bytes missing");
  }
}

TEST(Raise, IsAValueErrorByDefault) { EXPECT_THROW(raise("units must be positive, received {}", -3), ValueError); }

template <class E>
void expect_is_error_of_its_own() {
  EXPECT_THROW(raise<E>("x"), Error);
  EXPECT_THROW(raise<E>("x"), std::runtime_error);
  const bool others[] = {std::is_base_of_v<E, ValueError>, std::is_base_of_v<E, IoError>,
                         std::is_base_of_v<E, PeerError>, std::is_base_of_v<E, InternalError>};
  EXPECT_EQ(others[0] + others[1] + others[2] + others[3], 1);
}

TEST(Errors, AreAllErrorsAndNoneIsAnother) {
  expect_is_error_of_its_own<ValueError>();
  expect_is_error_of_its_own<IoError>();
  expect_is_error_of_its_own<PeerError>();
  expect_is_error_of_its_own<InternalError>();
}

}  // namespace
}  // namespace shoal
