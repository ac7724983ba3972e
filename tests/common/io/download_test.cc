#include "common/io/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "common/base/error.h"
#include "tests/common/io/http_server.h"
#include "tests/common/io/scratch.h"

namespace shoal::io {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// SHA-256 of the three letters abc: the first example of FIPS 180-2.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string response(const std::string& status, const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         more + "\r\n" + body;
}

class Download : public ::testing::Test {
 protected:
  Scratch scratch;
  HttpServer server{[](const std::string& path) {
    if (path == "/abc") return response("200 OK", "abc");
    if (path == "/moved") return response("302 Found", "elsewhere", "Location: /abc\r\n");
    if (path == "/round") return response("302 Found", "", "Location: /round\r\n");
    if (path == "/local") return response("302 Found", "", "Location: file:///etc/hostname\r\n");
    if (path == "/short") return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    if (path == "/garbage") return std::string("\0\1\2 nothing like HTTP", 22);
    return response("404 Not Found", "no such thing");
  }};
  void expect_failure(const std::string& path, const std::string& what, const DownloadOptions& options = {}) {
    EXPECT_THAT([&] { download(server.url(path), scratch / "out", options); }, ThrowsMessage<IoError>(HasSubstr(what)));
    EXPECT_EQ(scratch.entries(), 0u) << path;
  }
};

TEST_F(Download, FetchesAndChecks) {
  std::uint64_t seen = 0, of = 0;
  download(server.url("/abc"), scratch / "out",
           {.sha256 = kAbc, .progress = [&](std::uint64_t done, std::uint64_t total) {
              seen = done;
              of = total;
            }});
  EXPECT_EQ(scratch.text("out"), "abc");
  EXPECT_EQ(scratch.entries(), 1u);
  EXPECT_EQ(seen, 3u);
  EXPECT_EQ(of, 3u);
}

TEST_F(Download, FollowsRedirects) {
  download(server.url("/moved"), scratch / "out", {.sha256 = kAbc});
  EXPECT_EQ(scratch.text("out"), "abc");
}

TEST_F(Download, FollowsNeitherEndlessRedirectsNorThoseToFiles) {
  expect_failure("/round", "redirect");
  expect_failure("/local", "/local: cannot be downloaded");
}

TEST_F(Download, FailuresLeaveNothingBehind) {
  expect_failure("/none", "404");
  expect_failure("/short", "/short: cannot be downloaded");
  expect_failure("/garbage", "/garbage: cannot be downloaded");
  expect_failure("/abc", "SHA-256 must be 00, received ba78", {.sha256 = "00"});
}

TEST_F(Download, ReplacesAnOldFileOnlyBySoundContent) {
  scratch.file("out", "old");
  EXPECT_THROW(download(server.url("/short"), scratch / "out"), IoError);
  EXPECT_EQ(scratch.text("out"), "old");
  download(server.url("/abc"), scratch / "out");
  EXPECT_EQ(scratch.text("out"), "abc");
}

TEST_F(Download, AnExceptionOfTheProgressCallbackComesThrough) {
  const auto stop = [](std::uint64_t, std::uint64_t) { throw std::runtime_error("stopped by hand"); };
  EXPECT_THAT([&] { download(server.url("/abc"), scratch / "out", {.progress = stop}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("stopped by hand")));
}

TEST(DownloadAddress, RefusesOtherSchemesAndSilentPorts) {
  const Scratch scratch;
  EXPECT_THROW(download("file:///etc/hostname", scratch / "out"), ValueError);
  EXPECT_THAT([&] { download("http://127.0.0.1:1/x", scratch / "out"); },
              ThrowsMessage<IoError>(HasSubstr("127.0.0.1:1/x: cannot be downloaded")));
  EXPECT_THROW(download("http://127.0.0.1:1/x", scratch / "no/such/folder"), IoError);
}

}  // namespace
}  // namespace shoal::io
