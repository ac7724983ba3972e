#include "common/wire/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::wire {
namespace {

using Bytes = std::array<std::byte, kHeaderBytes>;

Header example() {
  Header header;
  header.type = Type::push_pull;
  header.sender = 3;
  header.count = 2;
  header.table = 0x1122334455667788;
  header.step = 1000;
  header.iteration = -2;
  header.sequence = 0x0102030405060708;
  header.learning_rate = 0.001;
  header.payload = 32 + 4096;
  return header;
}

Bytes encoded(const Header& header) {
  Bytes bytes{};
  encode(header, bytes);
  return bytes;
}

TEST(Frame, BytesArePinned) {
  EXPECT_EQ(to_hex(encoded(example())),
            "53484f4c"
            "01"
            "06"
            "00"
            "00"
            "03000000"
            "02000000"
            "8877665544332211"
            "e803000000000000"
            "feffffffffffffff"
            "0807060504030201"
            "fca9f1d24d62503f"
            "2010000000000000");
}

TEST(Frame, EntryBytesArePinned) {
  Entry entry;
  entry.slice = 7;
  entry.slot = -1;
  entry.bytes = 4096;
  std::array<std::byte, kEntryBytes> bytes{};
  encode(entry, bytes.data());
  EXPECT_EQ(to_hex(bytes), "07000000ffffffff0010000000000000");
  EXPECT_EQ(decode_entry(bytes, 0), entry);
  EXPECT_THROW(decode_entry(bytes, 1), PeerError);
}

TEST(Frame, RoundTripOfEveryType) {
  for (int type = 1; type <= 20; ++type) {
    Header header = example();
    header.type = static_cast<Type>(type);
    const bool values = type == 6 || type == 7 || (type >= 16 && type <= 18), one = type >= 8 && type <= 10;
    const bool entries = values || type == 20;
    header.count = entries ? 2 : one ? 1 : 0;
    header.payload = values ? 32 + 640 : entries ? 32 : type == 8 ? 16 : one ? 16 + 64 : 0;
    EXPECT_EQ(decode_header(encoded(header)), header) << type;
    EXPECT_EQ(head_bytes(header), header.count * kEntryBytes);
  }
}

void expect_refused(std::size_t at, int value, const std::string& what) {
  Bytes bytes = encoded(example());
  bytes[at] = static_cast<std::byte>(value);
  try {
    decode_header(bytes);
    ADD_FAILURE() << "byte " << at << " = " << value << " was accepted";
  } catch (const PeerError& error) {
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
  }
}

TEST(Frame, RefusesWhatNobodySays) {
  expect_refused(0, 0x54, "magic");
  expect_refused(4, 2, "version must be 1, received 2");
  expect_refused(5, 0, "type");
  expect_refused(5, 21, "type must be 1 to 20, received 21");
  expect_refused(6, 1, "codec must be 0, received 1");
  expect_refused(7, 1, "flags");
  expect_refused(7, 2, "flags");
  expect_refused(12, 0, "entries");
  expect_refused(13, 0x11, "4354 entries");
}

TEST(Frame, LengthsAreBoundedByTheType) {
  Header header;
  header.type = Type::open_table;
  header.payload = kMaxHeadBytes;
  EXPECT_NO_THROW(decode_header(encoded(header)));
  header.payload = kMaxHeadBytes + 1;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
  header.type = Type::heartbeat;
  header.payload = 1;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
  header = example();
  header.count = kMaxEntries;
  header.payload = kMaxEntries * kEntryBytes;
  EXPECT_EQ(head_bytes(decode_header(encoded(header))), kMaxHeadBytes);
  header.payload -= 1;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
}

TEST(Frame, ATypeNumberIsPinnedToItsName) {
  EXPECT_EQ(type_name(static_cast<Type>(18)), "push");
  EXPECT_EQ(type_name(static_cast<Type>(19)), "pushed");
  EXPECT_EQ(type_name(static_cast<Type>(20)), "pull");
  EXPECT_EQ(type_name(static_cast<Type>(21)), "unknown");
}

TEST(Frame, APullCarriesEntriesAndNothingElse) {
  Header header = example();
  header.type = Type::pull;
  for (const std::uint32_t count : {1u, 2u, static_cast<std::uint32_t>(kMaxEntries)}) {
    header.count = count;
    header.payload = count * kEntryBytes;
    EXPECT_EQ(head_bytes(decode_header(encoded(header))), header.payload);
    for (const std::uint64_t wrong : {header.payload - 1, header.payload + 1, header.payload + kEntryBytes}) {
      Header other = header;
      other.payload = wrong;
      EXPECT_THROW(decode_header(encoded(other)), PeerError);
    }
  }
  header.count = kMaxEntries + 1;
  header.payload = header.count * kEntryBytes;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
  header.count = 0;
  header.payload = 0;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
  header.type = Type::pushed;
  EXPECT_NO_THROW(decode_header(encoded(header)));
  header.payload = 1;
  EXPECT_THROW(decode_header(encoded(header)), PeerError);
}

// Whatever is let through has a head that fits the fixed buffer, and says the same again.
TEST(Frame, RandomBytesAreRefusedOrHarmless) {
  random::Generator generator(42);
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    Bytes bytes = encoded(example());
    const auto changes = round % 3 == 0 ? kHeaderBytes : 1 + generator.below(6);
    for (std::size_t i = 0; i < changes; ++i)
      bytes[generator.below(kHeaderBytes)] = static_cast<std::byte>(generator.next());
    if (round % 5 == 0) bytes[5] = static_cast<std::byte>(1 + generator.below(20));
    try {
      const Header header = decode_header(bytes);
      ++accepted;
      EXPECT_LE(head_bytes(header), kMaxHeadBytes);
      EXPECT_LE(head_bytes(header), header.payload);
      EXPECT_EQ(encoded(header), bytes);
    } catch (const PeerError&) {
    }
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace shoal::wire
