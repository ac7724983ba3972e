#include "common/io/hdf5.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "common/base/error.h"
#include "tests/common/io/scratch.h"

namespace shoal::hdf5 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Texts = std::vector<std::string>;

template <class Call>
std::string io_error(Call&& call) {
  try {
    call();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no IoError";
}

const std::string kGolden = SHOAL_SOURCE_DIR "/tests/golden/attributes.h5";

TEST(Hdf5, EveryTypeAndRankComesBack) {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  const std::vector<float> floats = {1.5f, -0.0f, 3e38f, 1e-45f, 0, 7};
  const std::vector<double> doubles = {0.1, -1e308};
  const std::int64_t large = std::int64_t{1} << 60;
  const std::vector<std::int32_t> ints = {-5, 6};
  const std::vector<std::uint8_t> bytes = {0, 255};
  File file = File::create(path);
  file.root().create_dataset("x/y/floats", Type::kFloat32, {2, 3}).write(Type::kFloat32, 0, 6, floats.data());
  file.root().create_dataset("doubles", Type::kFloat64, {2}).write(Type::kFloat64, 0, 2, doubles.data());
  file.root().create_dataset("large", Type::kInt64, {}).write(Type::kInt64, 0, 1, &large);
  file.root().create_dataset("ints", Type::kInt32, {2, 1}).write(Type::kInt32, 0, 2, ints.data());
  file.root().create_dataset("bytes", Type::kUInt8, {2}).write(Type::kUInt8, 0, 2, bytes.data());
  file.root().create_dataset("none", Type::kFloat32, {0, 4});
  file.root().create_group("empty");
  file.close();

  const Group root = File::open(path).root();
  EXPECT_THAT(root.names(), ElementsAre("bytes", "doubles", "empty", "ints", "large", "none", "x"));
  EXPECT_TRUE(root.is_group("x/y"));
  EXPECT_FALSE(root.is_group("x/y/floats"));
  EXPECT_FALSE(root.has("x/z/floats"));
  const Dataset read = root.dataset("x/y/floats");
  EXPECT_EQ(read.type(), Type::kFloat32);
  EXPECT_THAT(read.dims(), ElementsAre(2, 3));
  std::vector<float> got(6);
  read.read(Type::kFloat32, 0, 6, got.data());
  EXPECT_EQ(std::memcmp(got.data(), floats.data(), 24), 0);
  std::int64_t one = 0;
  EXPECT_TRUE(root.dataset("large").dims().empty());
  root.dataset("large").read(Type::kInt64, 0, 1, &one);
  EXPECT_EQ(one, large);
  std::vector<double> converted(2);
  root.dataset("ints").read(Type::kFloat64, 0, 2, converted.data());
  EXPECT_THAT(converted, ElementsAre(-5, 6));
  EXPECT_EQ(root.dataset("none").elements(), 0u);
}

TEST(Hdf5, AnyPartOfADatasetIsReadAndWritten) {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  std::vector<std::int32_t> all(3 * 4 * 5 * 2);
  std::iota(all.begin(), all.end(), 0);
  File file = File::create(path);
  const Dataset whole = file.root().create_dataset("d", Type::kInt32, {3, 4, 5, 2});
  for (std::size_t begin = 0; begin < all.size(); begin += 7)
    whole.write(Type::kInt32, begin, std::min<std::size_t>(7, all.size() - begin), &all[begin]);
  file.close();
  const Dataset read = File::open(path).root().dataset("d");
  for (std::size_t begin = 0; begin <= all.size(); ++begin)
    for (std::size_t count = 0; begin + count <= all.size(); ++count) {
      std::vector<std::int32_t> part(count);
      read.read(Type::kInt32, begin, count, part.data());
      ASSERT_TRUE(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(begin)))
          << begin << " + " << count;
    }
  std::int32_t one = 0;
  EXPECT_THROW(read.read(Type::kInt32, all.size(), 1, &one), InternalError);
}

TEST(Hdf5, TextLongerThanAnAttributeMayBe) {
  const Scratch scratch;
  const std::string path = scratch / "a.h5";
  std::string text(200000, 'x');
  text[100] = '\0';
  File file = File::create(path);
  file.root().write_text("state/json", text);
  file.root().set_attribute("long", text.substr(101));
  file.root().set_attribute("list", Texts{"a", "longer", ""});
  file.root().set_attribute("none", Texts{});
  file.close();
  const Group root = File::open(path).root();
  EXPECT_EQ(root.read_text("state/json"), text);
  EXPECT_THAT(root.attribute("long"), ::testing::Optional(ElementsAre(text.substr(101))));
  EXPECT_THAT(root.attribute("list"), ::testing::Optional(ElementsAre("a", "longer", "")));
  EXPECT_THAT(root.attribute("none"), ::testing::Optional(ElementsAre()));
  EXPECT_FALSE(root.attribute("other"));
}

TEST(Hdf5, AttributesInEveryFormOfH5py) {
  const Group text = File::open(kGolden).root().group("text");
  EXPECT_EQ(text.attribute("scalar_text"), Texts{"größe"});
  EXPECT_EQ(text.attribute("scalar_bytes"), Texts{"bytes"});
  EXPECT_EQ(text.attribute("list_of_bytes"), (Texts{"conv2d", "dense_1"}));
  EXPECT_EQ(text.attribute("list_of_text"), (Texts{"kernel", "bias"}));
  EXPECT_EQ(text.attribute("fixed"), (Texts{"kernel:0", "bias:0"}));
  EXPECT_EQ(text.attribute("fixed_scalar"), Texts{"tensorflow"});
  EXPECT_EQ(text.attribute("empty_list"), Texts{});
  EXPECT_THAT(io_error([&] { text.attribute("number"); }), HasSubstr("attributes.h5: /text@number: must be text"));
}

TEST(Hdf5, NumbersInOtherForms) {
  const Group root = File::open(kGolden).root();
  std::vector<float> half(2), packed(3);
  root.dataset("half").read(Type::kFloat32, 0, 2, half.data());
  EXPECT_THAT(half, ElementsAre(0.5f, -2.0f));
  EXPECT_EQ(root.dataset("half").type(), Type::kOther);
  std::vector<double> big(4);
  root.dataset("big_endian").read(Type::kFloat64, 0, 4, big.data());
  EXPECT_THAT(big, ElementsAre(0, 1, 2, 3));
  root.dataset("packed").read(Type::kFloat32, 99, 3, packed.data());
  EXPECT_THAT(packed, ElementsAre(99, 100, 101));
}

TEST(Hdf5, RefusesWhatLeavesTheFileAndWhatIsNoNumber) {
  const Group root = File::open(kGolden).root();
  EXPECT_THAT(io_error([&] { root.dataset("soft"); }), HasSubstr("attributes.h5: /soft: a link"));
  EXPECT_THAT(io_error([&] { root.dataset("outside"); }), HasSubstr("/outside: a link"));
  EXPECT_THAT(io_error([&] { root.group("outside/x"); }), HasSubstr("/outside: a link"));
  EXPECT_THAT(io_error([&] { root.dataset("raw_outside"); }), HasSubstr("/raw_outside: its data lie in another file"));
  EXPECT_THAT(io_error([&] { root.dataset("words"); }), HasSubstr("/words: must hold numbers"));
  EXPECT_THAT(io_error([&] { root.dataset("text"); }), HasSubstr("/text: cannot be opened (HDF5: "));
  EXPECT_THAT(io_error([&] { root.group("no"); }), HasSubstr("attributes.h5: /no: is missing"));
}

TEST(Hdf5, MissingAndForeignFiles) {
  const Scratch scratch;
  EXPECT_THAT(io_error([&] { File::open(scratch / "no.h5"); }), HasSubstr("no.h5: cannot be opened as an HDF5 file"));
  EXPECT_THAT(io_error([&] { File::open(scratch.file("text.h5", "plain text")); }), HasSubstr("text.h5: cannot be"));
  EXPECT_THAT(io_error([&] { File::open(scratch.file("empty.h5", "")); }), HasSubstr("empty.h5: cannot be"));
  EXPECT_THAT(io_error([&] { File::create(scratch / "no/a.h5"); }), HasSubstr("no/a.h5: cannot be made"));
}

// Every group and number of a file, as a reader that knows nothing would meet it. (Attributes are left out: the
// library itself does not survive a damaged heap of texts, and whoever loads weights reads none.)
void read_everything(const Group& group, int depth = 0) {
  for (const std::string& name : group.names()) {
    if (group.is_group(name)) {
      if (depth < 8) read_everything(group.group(name), depth + 1);
      continue;
    }
    const Dataset dataset = group.dataset(name);
    if (dataset.elements() > 10000) continue;
    std::vector<double> values(dataset.elements());
    dataset.read(Type::kFloat64, 0, values.size(), values.data());
  }
}

std::string small_file(const Scratch& scratch) {
  const std::string path = scratch / "small.h5";
  const std::vector<float> values(64, 1.5f);
  File file = File::create(path);
  for (const char* name : {"layers/dense/vars/0", "layers/dense/vars/1", "layers/conv2d/vars/0"})
    file.root().create_dataset(name, Type::kFloat32, {8, 8}).write(Type::kFloat32, 0, 64, values.data());
  file.root().group("layers/dense/vars").set_attribute("name", "dense");
  file.close();
  return scratch.text("small.h5");
}

TEST(Hdf5, CutAnywhereGivesIoError) {
  const Scratch scratch;
  const std::string whole = small_file(scratch);
  for (std::size_t length = 0; length < whole.size(); length += 13) {
    const std::string path = scratch.file("cut.h5", whole.substr(0, length));
    EXPECT_THROW(read_everything(File::open(path).root()), IoError) << length;
  }
  EXPECT_NO_THROW(read_everything(File::open(scratch.file("cut.h5", whole)).root()));
}

TEST(Hdf5, FlippedBytesGiveIoErrorOrValues) {
  const Scratch scratch;
  const std::string whole = small_file(scratch);
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (i % 3 == 0 ? 0xff : 1 << (i % 8)));
    const std::string path = scratch.file("damaged.h5", damaged);
    try {
      read_everything(File::open(path).root());
    } catch (const IoError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace shoal::hdf5
