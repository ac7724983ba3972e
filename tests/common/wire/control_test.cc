#include "common/wire/control.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::wire {
namespace {

TableSpec spec() {
  TableSpec spec;
  spec.element_bytes = 8;
  spec.rule = R"({"class_name": "Adam"})";
  spec.variable_sizes = {1, 1000, 0, 12345678901};
  spec.max_slice_bytes = 1 << 20;
  spec.slices = {{0, 1}, {3, 77}};
  return spec;
}

TEST(Control, RoundTrips) {
  EXPECT_EQ(deserialize<TableSpec>(serialize(spec())), spec());
  ErrorText error;
  error.text = "it \0 broke";
  EXPECT_EQ(deserialize<ErrorText>(serialize(error)).text, error.text);
  const TableShare share{.process = 4711,
                         .descriptor = 9,
                         .bytes = std::uint64_t{1} << 40,
                         .elements = 1008,
                         .variable_offsets = {0, 16, 1000},
                         .slice_offsets = {16}};
  EXPECT_EQ(deserialize<TableShare>(serialize(share)), share);
  Contribution contribution;
  contribution.kind = Collective::gather;
  contribution.parts = {"", std::string(100000, '\xff'), "b"};
  const auto again = deserialize<Contribution>(serialize(contribution));
  EXPECT_EQ(again.kind, Collective::gather);
  EXPECT_EQ(again.parts, contribution.parts);
}

TEST(Control, TruncationsAreRefused) {
  const auto bytes = serialize(spec());
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_THROW(deserialize<TableSpec>(std::span(bytes).first(n)), PeerError) << n;
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_THROW(deserialize<TableSpec>(longer), PeerError);
}

TEST(Control, LengthsBeyondTheMessageAreRefused) {
  Contribution contribution;
  contribution.parts = {"abc"};
  auto bytes = serialize(contribution);
  // The last string's length stands in the eight bytes before its three.
  for (std::size_t i = 0; i < 8; ++i) bytes[bytes.size() - 11 + i] = std::byte{0x7f};
  EXPECT_THROW(deserialize<Contribution>(bytes), PeerError);
}

TEST(Control, RandomBytesAreRefusedOrHarmless) {
  random::Generator generator(7);
  const auto good = serialize(spec());
  for (int round = 0; round < 20000; ++round) {
    auto bytes = good;
    if (round % 2 == 0) bytes.resize(generator.below(200));
    for (std::size_t i = 0, n = 1 + generator.below(8); i < n && !bytes.empty(); ++i)
      bytes[generator.below(bytes.size())] = static_cast<std::byte>(generator.next());
    try {
      EXPECT_LE(deserialize<TableSpec>(bytes).slices.size(), bytes.size());
    } catch (const PeerError&) {
    }
    try {
      EXPECT_LE(deserialize<Contribution>(bytes).parts.size(), bytes.size());
    } catch (const PeerError&) {
    }
  }
}

TEST(Control, CollectivesThatDoNotExistAreRefused) {
  Contribution contribution;
  contribution.kind = static_cast<Collective>(9);
  EXPECT_THROW(deserialize<Contribution>(serialize(contribution)), PeerError);
}

}  // namespace
}  // namespace shoal::wire
