#include "common/io/download.h"

#include <curl/curl.h>

#include <cstdio>
#include <memory>
#include <mutex>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/io/atomic_file.h"

namespace shoal::io {

namespace {

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::size_t on_data(char* data, std::size_t size, std::size_t count, void* file) {
  return std::fwrite(data, size, count, static_cast<std::FILE*>(file));
}

// No exception may pass through libcurl: it is kept for after.
struct Progress {
  const DownloadOptions& options;
  std::exception_ptr failure;
};

int on_progress(void* self, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  auto& progress = *static_cast<Progress*>(self);
  try {
    if (progress.options.progress)
      progress.options.progress(static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(total));
    return 0;
  } catch (...) {
    progress.failure = std::current_exception();
    return 1;
  }
}

}  // namespace

void download(const std::string& url, const std::string& path, const DownloadOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://"))
    raise<ValueError>("download: URL must begin with https:// or http://, received '{}'", url);

  AtomicFile target(path);
  File file(std::fopen(target.temporary().c_str(), "wb"), &std::fclose);
  const Easy curl(curl_easy_init(), &curl_easy_cleanup);
  if (!file || !curl) raise<IoError>("{}: cannot be downloaded to {}", url, path);
  char message[CURL_ERROR_SIZE] = "";
  Progress progress{options, nullptr};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_ERRORBUFFER, message);
  set(CURLOPT_WRITEFUNCTION, &on_data);
  set(CURLOPT_WRITEDATA, file.get());
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, &progress);
  set(CURLOPT_PROTOCOLS_STR, secure ? "https" : "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout));
  set(CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout));
  const CURLcode code = curl_easy_perform(curl.get());
  if (progress.failure) std::rethrow_exception(progress.failure);
  if (code != CURLE_OK)
    raise<IoError>("{}: cannot be downloaded: {}", url, *message ? message : curl_easy_strerror(code));
  if (std::fclose(file.release()) != 0) raise<IoError>("{}: cannot be written (disk full?)", path);
  if (!options.sha256.empty()) {
    const std::string found = sha256_hex_of_file(target.temporary());
    if (found != options.sha256) raise<IoError>("{}: SHA-256 must be {}, received {}", url, options.sha256, found);
  }
  target.commit();
}

}  // namespace shoal::io
