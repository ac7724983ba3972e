#include "common/io/shared_memory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "common/base/error.h"

namespace shoal::io {
namespace {

TEST(SharedMemory, IsZeroAndSeenByWhoeverOpensIt) {
  const SharedMemory mine = SharedMemory::create(10000);
  EXPECT_EQ(mine.bytes(), whole_pages(10000));
  EXPECT_EQ(mine.data()[9999], std::byte{0});
  const SharedMemory other = SharedMemory::open(mine.handle());
  EXPECT_NE(other.data(), mine.data());
  mine.data()[77] = std::byte{5};
  EXPECT_EQ(other.data()[77], std::byte{5});
}

TEST(SharedMemory, AnotherProcessWritesIntoIt) {
  const SharedMemory mine = SharedMemory::create(4096);
  const auto handle = mine.handle();
  const pid_t child = ::fork();
  if (child == 0) {
    const SharedMemory theirs = SharedMemory::open(handle);
    theirs.data()[1] = std::byte{9};
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(mine.data()[1], std::byte{9});
}

TEST(SharedMemory, RefusesWhatWasNotMadeToBeShared) {
  const SharedMemory mine = SharedMemory::create(4096);
  auto handle = mine.handle();
  handle.bytes += 1;
  EXPECT_THROW(SharedMemory::open(handle), IoError);
  handle = mine.handle();
  handle.descriptor = 1000000;
  EXPECT_THROW(SharedMemory::open(handle), IoError);
  // A file can be cut short under whoever maps it.
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(::ftruncate(::fileno(file), 4096), 0);
  EXPECT_THROW(SharedMemory::open({::getpid(), ::fileno(file), 4096}), IoError);
  std::fclose(file);
}

TEST(SharedMemory, LaysItselfOverPagesAndIsLiftedOffAgain) {
  const SharedMemory memory = SharedMemory::create(3 * page_bytes());
  const auto pages = allocate_pages(100);
  EXPECT_TRUE(are_pages(pages.get()));
  EXPECT_FALSE(are_pages(static_cast<char*>(pages.get()) + 64));
  auto* at = static_cast<char*>(pages.get());
  std::strcpy(at, "own");
  std::memcpy(memory.data() + page_bytes(), "common", 7);
  memory.map_over(at, page_bytes(), 100);
  EXPECT_STREQ(at, "common");
  std::strcpy(at, "changed");
  EXPECT_STREQ(reinterpret_cast<char*>(memory.data()) + page_bytes(), "changed");
  make_private(at, 100);
  EXPECT_STREQ(at, "changed");
  std::strcpy(at, "alone");
  EXPECT_STREQ(reinterpret_cast<char*>(memory.data()) + page_bytes(), "changed");
  EXPECT_THROW(memory.map_over(at, 100, 100), InternalError);
  EXPECT_THROW(memory.map_over(at, 2 * page_bytes(), 2 * page_bytes()), InternalError);
}

TEST(SharedMemory, PagesAreForgottenWithTheirOwner) {
  auto pages = allocate_pages(0);
  const void* at = pages.get();
  EXPECT_TRUE(are_pages(at));
  pages.reset();
  EXPECT_FALSE(are_pages(at));
}

}  // namespace
}  // namespace shoal::io
