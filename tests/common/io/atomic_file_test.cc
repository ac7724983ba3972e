#include "common/io/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "common/base/error.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST(AtomicFile, AppearsWholeAtCommit) {
  const Scratch scratch;
  scratch.file("a", "old");
  AtomicFile file(scratch / "a");
  write(file.temporary(), "new");
  EXPECT_EQ(scratch.text("a"), "old");
  file.commit();
  EXPECT_EQ(scratch.text("a"), "new");
  EXPECT_EQ(scratch.entries(), 1u);
}

TEST(AtomicFile, WithoutCommitNothingIsLeft) {
  const Scratch scratch;
  scratch.file("a", "old");
  {
    const AtomicFile file(scratch / "a"), again(scratch / "a");
    EXPECT_NE(file.temporary(), again.temporary());
    write(file.temporary(), "new");
  }
  EXPECT_EQ(scratch.text("a"), "old");
  EXPECT_EQ(scratch.entries(), 1u);
}

TEST(AtomicFile, NamesTheFileThatCannotBeWritten) {
  const Scratch scratch;
  try {
    AtomicFile file(scratch / "none/a.keras");
    FAIL();
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("none/a.keras: cannot be written: No such file"), std::string::npos);
  }
  std::filesystem::create_directory(scratch / "a");  // a directory is where the file should come
  AtomicFile file(scratch / "a");
  EXPECT_THROW(file.commit(), IoError);
}

TEST(AtomicFile, WhatAKilledWriterLeftIsRemovedTheLivingOnesStays) {
  const Scratch scratch;
  const AtomicFile living(scratch / "a");
  const pid_t child = ::fork();
  if (child == 0) {
    new AtomicFile(scratch / "b");
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  scratch.file(".b.shoal-tmp-x", "not one of them");
  EXPECT_EQ(scratch.entries(), 3u);
  remove_stale_temporaries(scratch.path());
  EXPECT_EQ(scratch.entries(), 2u);
  EXPECT_TRUE(std::filesystem::exists(living.temporary()));
  EXPECT_NO_THROW(remove_stale_temporaries(scratch / "none"));
}

}  // namespace
}  // namespace shoal::io
