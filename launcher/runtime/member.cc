#include "launcher/runtime/member.h"

#include <nlohmann/json.hpp>

namespace shoal::launcher {

using nlohmann::json;

std::string encode(const Member& member) {
  return json{{"role", member.claim.role},   {"servers", member.claim.servers}, {"host", member.host},
              {"host_key", member.host_key}, {"processors", member.processors}, {"count", member.processor_count}}
      .dump();
}

Member decode_member(const std::string& text) {
  const json j = json::parse(text);
  return {{j.at("role"), j.at("servers")}, j.at("host"), j.at("host_key"), j.at("processors"), j.at("count")};
}

std::string encode(const Listening& listening) {
  return json{{"addresses", listening.addresses}, {"port", listening.port}}.dump();
}

Listening decode_listening(const std::string& text) {
  const json j = json::parse(text);
  return {j.at("addresses").get<std::vector<std::string>>(), j.at("port")};
}

}  // namespace shoal::launcher
