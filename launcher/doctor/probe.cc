#include "launcher/doctor/probe.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "common/base/error.h"
#include "common/base/log.h"
#include "launcher/doctor/channel.h"
#include "launcher/doctor/host_facts.h"
#include "launcher/doctor/pair_probe.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/rendezvous.h"

namespace shoal::launcher {
namespace {

constexpr double kDialSeconds = 3, kPatience = 10, kIdleSeconds = 120;

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) raise("shoal doctor: {} is not set; a probe is started by shoal doctor alone", name);
  return text;
}

JobSecret secret_of_environment() { return {variable("SHOAL_JOB"), from_hex(variable("SHOAL_SUPERVISOR_SECRET"))}; }

// "10.0.0.1:4000,127.0.0.1:4000", tried in order.
Channel reach_doctor(const JobSecret& secret, int place) {
  const std::string endpoints = variable("SHOAL_SUPERVISOR");
  for (std::size_t begin = 0, end = 0; begin < endpoints.size(); begin = end + 1) {
    end = std::min(endpoints.find(',', begin), endpoints.size());
    const std::string endpoint = endpoints.substr(begin, end - begin);
    const std::size_t colon = std::min(endpoint.rfind(':'), endpoint.size() - 1);
    std::uint16_t port = 0;
    std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
    try {
      return Channel::dial(endpoint.substr(0, colon), port, secret, place, kDialSeconds);
    } catch (const PeerError&) {  // the next may answer
    }
  }
  raise<PeerError>("shoal doctor: host {} does not reach it at {}", host_name(), endpoints);
}

void answer_all(Channel& doctor, const JobSecret& secret, int place) {
  while (true) {
    const std::string request = doctor.receive(kIdleSeconds);
    if (request == kEndRequest) return;
    if (request == kClockRequest) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      doctor.send(nlohmann::json(std::chrono::duration<double>(now).count()).dump(), kPatience);
      continue;
    }
    const auto pair = nlohmann::json::parse(request);
    doctor.send(encode(measure(pair.at("address"), pair.at("port"), secret, place)), kPatience);
  }
}

// A probe has no user who reads a stack of errors: one line, which mpirun passes on.
template <class Work>
int guarded(Work work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    log::error("{}", error.what());
    return 1;
  }
}

}  // namespace

int run_probe(const ProbeOptions& options) {
  return guarded([&] {
    const JobSecret secret = secret_of_environment();
    Channel doctor = reach_doctor(secret, options.place);
    std::optional<PairServer> server;
    try {
      server.emplace(options.this_host_only, options.port, secret);
    } catch (const IoError& error) {
      doctor.send(nlohmann::json{{"error", error.what()}}.dump(), kPatience);
      return;
    }
    const std::string facts = encode(gather_facts(options.shoal_version));
    doctor.send(nlohmann::json{{"facts", facts}, {"port", server->port()}}.dump(), kPatience);
    answer_all(doctor, secret, options.place);
  });
}

int run_rendezvous_probe() {
  return guarded([] {
    const JobSecret secret = secret_of_environment();
    Channel doctor = reach_doctor(secret, std::stoi(variable("OMPI_COMM_WORLD_RANK")));
    doctor.send(host_name(), kPatience);
    const auto rendezvous = mpi_rendezvous();
    rendezvous->all_gather(host_name());
    doctor.send(kMet, kPatience);
  });
}

}  // namespace shoal::launcher
