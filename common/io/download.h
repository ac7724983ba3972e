#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace shoal::io {

struct DownloadOptions {
  std::string sha256 = {};  // of the content, hexadecimal; empty: not checked
  int connect_timeout = 5;  // seconds
  int stall_timeout = 20;   // seconds with less than 1 KB/s
  // Called now and then; `total` is 0 while unknown.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};

// Fetches http(s)://... into a file that appears under `path` whole and checked, or not at all. Redirects are
// followed, never from https to http. IoError names the URL and what went wrong. The only user of libcurl.
void download(const std::string& url, const std::string& path, const DownloadOptions& options = {});

}  // namespace shoal::io
