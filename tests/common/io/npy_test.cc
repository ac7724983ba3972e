#include "common/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "common/base/error.h"
#include "common/io/zip.h"
#include "tests/common/io/damage.h"
#include "tests/common/io/hex.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

// What numpy.save writes: a header padded with spaces to 128 bytes, then the data.
std::string numpy_file(std::string header, const std::string& data_hex) {
  header.append(117 - header.size(), ' ').push_back('\n');
  return from_hex("934e554d505901007600") + header + from_hex(data_hex);
}
const std::string kFloat32 = numpy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                                        "0000c03f000000c000004040000080400000a0400000c040");

template <class T>
std::vector<T> values(const NpyArray& array) {
  std::vector<T> result(array.data.size() / sizeof(T));
  std::memcpy(result.data(), array.data.data(), array.data.size());
  return result;
}

TEST(Npy, ReadsWhatNumpyWrote) {
  const Scratch scratch;
  const NpyArray array = read_npy(scratch.file("a.npy", kFloat32));
  EXPECT_EQ(array.dtype, "float32");
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_THAT(values<float>(array), ElementsAre(1.5f, -2, 3, 4, 5, 6));
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  const Scratch scratch;
  write_npy(scratch / "b.npy", parse_npy(kFloat32, "a"));
  EXPECT_EQ(scratch.text("b.npy"), kFloat32);
  const std::string one = numpy_file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "0100");
  EXPECT_EQ(format_npy(parse_npy(one, "a")), one);
  const std::string scalar = numpy_file("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", "07000000");
  EXPECT_EQ(format_npy(parse_npy(scalar, "a")), scalar);
}

TEST(Npy, ReadsEveryElementType) {
  const auto read = [](const std::string& descr, const std::string& hex) {
    return parse_npy(numpy_file("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }", hex), "a");
  };
  EXPECT_THAT(values<double>(read("<f8", "000000000000f0bf")), ElementsAre(-1.0));
  EXPECT_THAT(values<std::int32_t>(read("<i4", "feffffff")), ElementsAre(-2));
  EXPECT_THAT(values<std::int64_t>(read("<i8", "fdffffffffffffff")), ElementsAre(-3));
  EXPECT_THAT(values<std::uint8_t>(read("|u1", "ff")), ElementsAre(255));
  EXPECT_EQ(read("|u1", "ff").dtype, "uint8");
  EXPECT_THAT(values<std::uint8_t>(read("|b1", "05")), ElementsAre(1));  // any other truth is 1
  EXPECT_EQ(read("|b1", "01").dtype, "bool");
}

TEST(Npy, TurnsFortranOrderIntoRowMajor) {
  // numpy.asfortranarray(numpy.arange(12.).reshape(2, 3, 2))
  const std::string file =
      numpy_file("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3, 2), }",
                 "000000000000000000000000000018400000000000000040000000000000204000000000000010400000000"
                 "000002440000000000000f03f0000000000001c400000000000000840000000000000224000000000000014"
                 "400000000000002640");
  EXPECT_THAT(values<double>(parse_npy(file, "a")), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(Npy, RefusesWhatItHasNot) {
  const auto message = [](const std::string& header, const std::string& hex) {
    return [=] { parse_npy(numpy_file(header, hex), "file.npy"); };
  };
  EXPECT_THAT(message("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "3f800000"),
              ThrowsMessage<IoError>(HasSubstr("file.npy: big-endian")));
  EXPECT_THAT(message("{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }", "0100"),
              ThrowsMessage<IoError>(HasSubstr("received '<i2'")));
  EXPECT_THAT(message("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "00000000"),
              ThrowsMessage<IoError>(HasSubstr("structured")));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "00000000"),
              ThrowsMessage<IoError>(HasSubstr("must be 8 bytes, received 4")));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", ""),
              ThrowsMessage<IoError>(HasSubstr("larger than")));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", ""),
              ThrowsMessage<IoError>(HasSubstr("a size")));
  EXPECT_THAT(message("{'descr': '<f4', 'shape': (1,), }", "00000000"), ThrowsMessage<IoError>(HasSubstr("missing")));
  EXPECT_THAT([] { parse_npy("no array", "x"); }, ThrowsMessage<IoError>(HasSubstr("x: not a NumPy array file")));
}

TEST(Npy, TellsDamage) {
  expect_damage_is_told(kFloat32, [](const std::string& path) { read_npy(path); });
}

TEST(Npz, RoundTripAndDamage) {
  const Scratch scratch;
  const NpyArray a = parse_npy(kFloat32, "a");
  const NpyArray b{"uint8", {3}, std::string("\1\2\3")};
  write_npz(scratch / "a.npz", {{"x", a}, {"y", b}});
  const auto arrays = read_npz(scratch / "a.npz");
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays.at("x").data, a.data);
  EXPECT_EQ(arrays.at("x").shape, a.shape);
  EXPECT_EQ(arrays.at("y").data, b.data);
  EXPECT_THAT(ZipReader(scratch / "a.npz").names(), ElementsAre("x.npy", "y.npy"));
  EXPECT_EQ(scratch.entries(), 1u);
  expect_damage_is_told(scratch.text("a.npz"), [](const std::string& path) { read_npz(path); });
}

TEST(Npz, ErrorsNameFileAndMember) {
  const Scratch scratch;
  ZipWriter writer(scratch / "bad.npz");
  writer.add("x.npy", "garbage that is no array");
  writer.close();
  EXPECT_THAT([&] { read_npz(scratch / "bad.npz"); }, ThrowsMessage<IoError>(HasSubstr("bad.npz: x.npy: not a NumPy")));
  EXPECT_THROW(format_npy({"float16", {}, ""}), ValueError);
  EXPECT_THROW(format_npy({"float32", {2}, "1234"}), ValueError);
}

}  // namespace
}  // namespace shoal::io
