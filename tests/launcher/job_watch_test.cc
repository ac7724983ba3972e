#include "launcher/job_watch.h"

#include <gtest/gtest.h>

namespace shoal::launcher {
namespace {

// Two workers and one server, all joined at second 1.
JobWatch running_job() {
  JobWatch watch(2, 1, "head", 99, 0);
  for (int place = 0; place < 3; ++place) watch.joined(place, "node", 100 + place, 1);
  return watch;
}

void expect_failure(const JobWatch& watch, const std::string& part) {
  ASSERT_TRUE(watch.failure()) << part;
  EXPECT_NE(watch.failure()->find(part), std::string::npos) << *watch.failure();
}

TEST(JobWatchTest, AllGoodbyesAndMpirunsEndAreSuccess) {
  JobWatch watch = running_job();
  for (int place = 0; place < 3; ++place) {
    EXPECT_FALSE(watch.succeeded());
    watch.said_goodbye(place, 0);
    watch.closed(place, 2);
  }
  EXPECT_FALSE(watch.succeeded());
  watch.mpirun_exited(0);
  watch.tick(3);
  EXPECT_TRUE(watch.succeeded());
  EXPECT_FALSE(watch.failure());
}

TEST(JobWatchTest, AClosedConnectionIsNamedWithWhatItWasDoing) {
  JobWatch watch = running_job();
  watch.heard(1, "training step 120", 2);
  watch.closed(1, 2.5);
  watch.closed(2, 2.5);  // a consequence
  watch.tick(2.5);
  EXPECT_FALSE(watch.failure()) << "mpirun may be to blame";
  watch.tick(2.5 + JobWatch::kGrace);
  expect_failure(watch, "worker 1 (host node, pid 101) was lost while at training step 120");
}

TEST(JobWatchTest, MpirunsDeathIsToBlameForClosedConnections) {
  JobWatch watch = running_job();
  watch.closed(0, 2);
  watch.mpirun_killed(9);
  watch.tick(3);
  expect_failure(watch, "mpirun (host head, pid 99) was lost while the job was at start: killed by signal 9");
}

TEST(JobWatchTest, TheFirstToFallSilentIsNamed) {
  JobWatch watch = running_job();
  watch.heard(0, "a", 5);
  watch.heard(2, "b", 3);
  watch.heard(1, "c", 4);
  watch.tick(2.9 + JobWatch::kSilence);
  EXPECT_FALSE(watch.failure());
  watch.tick(6 + JobWatch::kSilence);
  expect_failure(watch, "server 0 (host node, pid 102) was lost while at b: silent for 10 s");
}

TEST(JobWatchTest, NobodyIsSilentWhileTheSupervisorDidNotListen) {
  JobWatch watch = running_job();
  watch.supervisor_slept(100);
  watch.tick(101);
  EXPECT_FALSE(watch.failure());
}

TEST(JobWatchTest, WhoHasLeftIsNotSilent) {
  JobWatch watch = running_job();
  watch.said_goodbye(1, 0);
  watch.heard(0, "x", 50);
  watch.heard(2, "x", 50);
  watch.tick(55);
  EXPECT_FALSE(watch.failure());
}

TEST(JobWatchTest, AnExitCodeIsAVerdict) {
  JobWatch watch = running_job();
  watch.said_goodbye(1, 3);
  expect_failure(watch, "worker 1 (host node, pid 101) ended with exit code 3");
}

TEST(JobWatchTest, LastWordsAreRepeated) {
  JobWatch watch = running_job();
  watch.heard(1, "training step 7", 2);
  watch.said_failed(1, "no such file", 2);
  watch.closed(1, 2);
  watch.tick(3);
  expect_failure(watch, "worker 1 (host node, pid 101) failed while at training step 7: no such file");
}

TEST(JobWatchTest, AProcessThatEndsBeforeItJoinedIsNamed) {
  JobWatch watch(2, 1, "head", 99, 0);
  watch.joined(0, "head", 100, 1);
  watch.seen(1, 101);
  watch.vanished(1, 2);
  watch.tick(2 + JobWatch::kGrace);
  expect_failure(watch, "worker 1 (host head, pid 101) was lost while at start");
}

TEST(JobWatchTest, AProcessStoppedBeforeItJoinedIsLostAfterTheSilence) {
  JobWatch watch(2, 1, "head", 99, 0);
  watch.seen(1, 101);
  watch.seen_stopped(1, true, 2);
  watch.seen_stopped(1, false, 5);
  watch.seen_stopped(1, true, 6);
  watch.seen_stopped(1, true, 15);
  watch.tick(15.9);
  EXPECT_FALSE(watch.failure());
  watch.tick(16);
  expect_failure(watch, "worker 1 (host head, pid 101) was lost while at start: stopped for 10 s");
}

TEST(JobWatchTest, MpirunsDeathIsToBlameForProcessesThatNeverJoined) {
  JobWatch watch(2, 1, "head", 99, 0);
  watch.seen(0, 100);
  watch.vanished(0, 2);
  watch.tick(2.1);
  watch.mpirun_killed(9);
  expect_failure(watch, "mpirun (host head, pid 99) was lost");
}

TEST(JobWatchTest, AProcessThatNeverJoinsIsNamed) {
  JobWatch watch(2, 1, "head", 99, 0);
  watch.joined(0, "head", 100, 1);
  watch.joined(1, "head", 101, 1);
  for (int t = 2; t < 61; ++t)
    for (int place = 0; place < 2; ++place) watch.heard(place, "rendezvous", t);
  watch.tick(60);
  EXPECT_FALSE(watch.failure());
  watch.tick(61);
  expect_failure(watch, "server 0 did not begin its Runtime within 60 s");
}

TEST(JobWatchTest, AnMpirunThatEndsTooEarlyIsAFailure) {
  JobWatch never(1, 1, "head", 99, 0);
  never.mpirun_exited(0);
  expect_failure(never, "mpirun ended with exit code 0 before worker 0 had begun its Runtime");
  JobWatch early = running_job();
  early.mpirun_exited(1);
  expect_failure(early, "ended with exit code 1 while the job was at start");
}

TEST(JobWatchTest, AStoppedMpirunIsLostAfterTheSilence) {
  JobWatch watch = running_job();
  watch.mpirun_stopped(2);
  for (int place = 0; place < 3; ++place) watch.heard(place, "x", 11.5);
  watch.tick(11.9);
  EXPECT_FALSE(watch.failure());
  watch.tick(12);
  expect_failure(watch, "mpirun (host head, pid 99) was lost while the job was at x: stopped for 10 s");
  JobWatch woken = running_job();
  woken.mpirun_stopped(2);
  woken.mpirun_continued();
  for (int place = 0; place < 3; ++place) woken.heard(place, "x", 11.5);
  woken.tick(15);
  EXPECT_FALSE(woken.failure());
}

}  // namespace
}  // namespace shoal::launcher
