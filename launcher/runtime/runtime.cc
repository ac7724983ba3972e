#include "launcher/runtime/runtime.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/mpi/session.h"
#include "common/net/tls.h"
#include "launcher/runtime/ending.h"
#include "launcher/runtime/flags.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/member.h"
#include "launcher/runtime/rendezvous.h"
#include "launcher/runtime/secret.h"
#include "launcher/runtime/transports.h"
#include "model/plan/plan.h"
#include "model/plan/thread_pool.h"
#include "model/train/run_context.h"
#include "ps/server/server.h"
#include "worker/run_context.h"

namespace shoal {

using namespace launcher;

struct Runtime::Impl {
  Role role;
  int workers = 1, servers = 0, threads = 1;
  bool resume = false;
  std::string job;
  std::shared_ptr<worker::Connection> connection;  // of a worker
  int exceptions = std::uncaught_exceptions();
  std::unique_ptr<ps::Server> server;  // of a server, and of a worker whose process is one too
  std::thread server_thread;           // of the latter

  ~Impl();

  void join(const Flags& flags, int size);
  void leave();
  [[noreturn]] void serve(SupervisorLink* link);
  void serve_aside();
};

namespace {

int number_in(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

// Ends this process with its parent, mpirun or its daemon, so that none outlives the job.
void end_with_parent() {
  const pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // it died before the call
}

SupervisorLink* reach_supervisor() {
  const char* endpoints = std::getenv("SHOAL_SUPERVISOR");
  const char* secret = std::getenv("SHOAL_SUPERVISOR_SECRET");
  if (endpoints == nullptr || secret == nullptr) return nullptr;
  const char* job = std::getenv("SHOAL_JOB");
  const char* mpi_job = std::getenv("PMIX_NAMESPACE");
  const Hello hello{.job = job == nullptr ? "" : job,
                    .place = static_cast<std::uint32_t>(number_in("OMPI_COMM_WORLD_RANK", 0)),
                    .pid = static_cast<std::uint32_t>(::getpid()),
                    .host = host_name(),
                    .mpi_job = mpi_job == nullptr ? "" : mpi_job};
  auto link = SupervisorLink::connect(endpoints, from_hex(secret), hello);
  ::unsetenv("SHOAL_SUPERVISOR_SECRET");  // a program that this one starts is not of the job
  ::unsetenv("SHOAL_SUPERVISOR");
  return keep_link(std::move(link));
}

// The host's processors, shared by the workers that may run on the same ones.
int fair_threads(const std::vector<Member>& members, const std::vector<Role>& roles, std::size_t mine) {
  int sharers = 0;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!roles[i].server && members[i].host_key == members[mine].host_key &&
        members[i].processors == members[mine].processors)
      ++sharers;
  return std::max(1, members[mine].processor_count / std::max(1, sharers));
}

// Compute threads of all workers on this host.
int host_threads(const std::vector<Member>& members, const std::vector<Role>& roles, std::size_t mine, int chosen) {
  int threads = 0;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!roles[i].server && members[i].host_key == members[mine].host_key)
      threads += chosen > 0 ? chosen : fair_threads(members, roles, i);
  return threads;
}

}  // namespace

Runtime::Runtime(int& argc, char** argv) : impl_(std::make_unique<Impl>()) {
  install_ending();
  const Flags flags = take_flags(argc, argv);
  impl_->resume = flags.resume;
  plan::install_evaluator();
  const int size = number_in("OMPI_COMM_WORLD_SIZE", 1);
  // A job of one process is one that `shoal run` watches.
  if (size > 1 || std::getenv("SHOAL_SUPERVISOR") != nullptr) {
    impl_->join(flags, size);
    return;
  }
  if (flags.role_flags && (flags.servers > 0 || !flags.role.empty()))
    raise(
        "Runtime: --shoal-servers and --shoal-role need several processes, started by mpirun or `shoal run`; this one "
        "was started alone");
  impl_->threads = flags.threads > 0 ? flags.threads : count_processors();
  plan::ThreadPool::global().resize(impl_->threads);
}

void Runtime::Impl::join(const Flags& flags, int size) {
  const auto place = static_cast<std::size_t>(number_in("OMPI_COMM_WORLD_RANK", 0));
  const int first_server = size - flags.servers;
  const bool server_by_place = static_cast<int>(place) >= first_server;
  // Until the roles are agreed upon, messages name the place if need be.
  log::set_tag(flags.role.empty() && flags.servers >= 0
                   ? name_of({server_by_place, static_cast<int>(place) - (server_by_place ? first_server : 0)})
                   : fmt::format("process {}", place));
  end_with_parent();
  SupervisorLink* link = reach_supervisor();
  const auto activity = [link](const char* what, std::int64_t number) {
    if (link != nullptr) link->set_activity(what, number);
  };
  activity("rendezvous", -1);

  auto rendezvous = mpi_rendezvous();
  std::vector<Member> members;
  std::vector<Claim> claims;
  const Member me{
      {flags.role, flags.role.empty() ? flags.servers : -1}, host_name(), host_key(), processors(), count_processors()};
  for (const std::string& text : rendezvous->all_gather(encode(me))) {
    members.push_back(decode_member(text));
    claims.push_back(members.back().claim);
  }
  const std::vector<Role> roles = resolve_roles(claims);
  role = roles[place];
  servers = static_cast<int>(std::count_if(roles.begin(), roles.end(), [](const Role& r) { return r.server; }));
  workers = size - servers;
  const bool colocated = servers == 0;
  if (colocated) servers = workers;
  log::set_tag(name_of(role));
  log::set_quiet(role.server || role.rank != 0);

  const worker::Transport transport = tensor_transport(flags.transport, members);
  const int busy = host_threads(members, roles, place, flags.threads);

  const JobSecret secret = decode_secret(rendezvous->broadcast(encode(make_secret())));
  job = secret.job;
  const auto tls = flags.tls ? net::make_tls(secret.key) : nullptr;
  Listening mine;
  if (role.server || colocated) {
    if (flags.port + servers > 65536)
      raise("Runtime: {} servers from port {} on need more ports than there are", servers, flags.port);
    const bool one_host =
        std::all_of(members.begin(), members.end(), [&](const Member& m) { return m.host_key == me.host_key; });
    mine.addresses = one_host ? std::vector<std::string>{"127.0.0.1"} : reachable_addresses(flags.address);
    const bool local = listens_locally(flags.transport, members, roles, place);
    server = ps::Server::listen({.job = job,
                                 .secret = secret.key,
                                 .rank = static_cast<std::uint32_t>(role.rank),
                                 .servers = static_cast<std::uint32_t>(servers),
                                 .workers = static_cast<std::uint32_t>(workers),
                                 .bind_address = one_host ? "127.0.0.1" : bind_address(flags.address),
                                 .port = static_cast<std::uint16_t>(flags.port == 0 ? 0 : flags.port + role.rank),
                                 .local_address = local ? local_address(job, role.rank) : "",
                                 .tls = tls,
                                 .order = flags.order,
                                 .tile_threads = members[place].processor_count > busy ? 1 : 0,
                                 .set_activity = colocated ? nullptr : std::function(activity)});
    mine.port = server->port();
  }
  std::vector<ps::Endpoint> endpoints(static_cast<std::size_t>(servers));
  const auto listening = rendezvous->all_gather(encode(mine));
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (!roles[i].server && !colocated) continue;
    const Listening at = decode_listening(listening[i]);
    endpoints[static_cast<std::size_t>(roles[i].rank)] = {
        members[i].host, addresses_of_server(flags.transport, me, members[i], at, job, roles[i].rank),
        static_cast<std::uint16_t>(at.port), tls};
  }
  rendezvous.reset();  // training does not need it

  activity("handshake", -1);
  if (role.server) serve(link);
  if (colocated) serve_aside();
  connection = std::make_shared<worker::Connection>(ps::Client::connect({.job = job,
                                                                         .secret = secret.key,
                                                                         .rank = static_cast<std::uint32_t>(role.rank),
                                                                         .workers = static_cast<std::uint32_t>(workers),
                                                                         .order = flags.order},
                                                                        endpoints));
  std::vector<std::string> protocols;
  for (std::size_t i = 0; i < endpoints.size(); ++i) protocols.push_back(connection->client->protocol(i));
  log::info("transport: {}", describe(transport, protocols));
  activity("setting up", -1);  // the program, until it trains
  threads = flags.threads > 0 ? flags.threads : fair_threads(members, roles, place);
  plan::ThreadPool::global().resize(threads);
  train::set_run_context(worker::make_run_context(connection, {.rank = role.rank,
                                                               .workers = workers,
                                                               .threads = threads,
                                                               .transport = transport,
                                                               .update = flags.update,
                                                               .servers = servers,
                                                               .colocated = colocated,
                                                               .explain = flags.explain,
                                                               .spin = members[place].processor_count >= busy,
                                                               .set_activity = activity}));
  set_farewell([this] { leave(); });
}

void Runtime::Impl::serve(SupervisorLink* link) {
  try {
    server->run();
    if (link != nullptr) link->set_activity("end", -1);
    server.reset();
    mpi::finalize();
  } catch (...) {
    end_with_error(std::current_exception());
  }
  std::exit(0);
}

// Who is lost, the server says to all its workers, this process's among them.
void Runtime::Impl::serve_aside() {
  sigset_t all, before;  // signals are the main thread's
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  server_thread = std::thread([this] {
    try {
      server->run();
    } catch (const std::exception&) {
    }
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Runtime::Impl::~Impl() {
  if (!server_thread.joinable()) return;
  server->stop();
  server_thread.join();
}

void Runtime::Impl::leave() {
  train::run_context().set_activity("end", -1);
  train::set_run_context(nullptr);
  connection->client->finish();
  connection.reset();
  if (server_thread.joinable()) server_thread.join();  // when all workers have said goodbye
}

Runtime::~Runtime() {
  if (!impl_->connection) return;
  set_farewell(nullptr);
  if (std::uncaught_exceptions() > impl_->exceptions) {
    mark_failed("an exception ended its Runtime");
    train::set_run_context(nullptr);
    return;
  }
  try {
    impl_->leave();
  } catch (const std::exception& error) {
    log::error("{}", error.what());
    mark_failed(error.what());
  }
}

int Runtime::rank() const { return impl_->role.rank; }
int Runtime::workers() const { return impl_->workers; }
int Runtime::servers() const { return impl_->servers; }
int Runtime::threads() const { return impl_->threads; }
bool Runtime::resume() const { return impl_->resume; }
const std::string& Runtime::job() const { return impl_->job; }

}  // namespace shoal
