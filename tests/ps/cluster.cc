#include "tests/ps/cluster.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <numeric>

#include "common/base/denormals.h"
#include "common/base/random.h"
#include "common/net/tls.h"
#include "common/optim/rule.h"

namespace shoal::ps {

struct Cluster::Running {
  std::unique_ptr<Server> server;
  std::thread thread;
  std::string error;
};

Cluster::Cluster(std::uint32_t workers, std::uint32_t servers, double silence_seconds, int tile_threads,
                 const std::string& transport) {
  options.job = "test job";
  options.secret.assign(32, std::byte{7});
  options.workers = workers;
  options.servers = servers;
  options.bind_address = "127.0.0.1";
  options.silence_seconds = silence_seconds;
  options.tile_threads = tile_threads;
  if (transport == "tls") options.tls = net::make_tls(options.secret);
  for (std::uint32_t rank = 0; rank < servers; ++rank) {
    options.rank = rank;
    static std::atomic<int> names = 0;
    if (transport == "unix") options.local_address = fmt::format("unix:shoal-test-{}-{}", ::getpid(), ++names);
    auto running = std::make_unique<Running>();
    running->server = Server::listen(options);
    Endpoint endpoint;
    endpoint.host = "here";
    endpoint.addresses = {transport == "unix" ? options.local_address : "127.0.0.1"};
    endpoint.tls = options.tls;
    endpoint.port = running->server->port();
    endpoints.push_back(endpoint);
    running->thread = std::thread([at = running.get()] {
      try {
        at->server->run();
      } catch (const std::exception& error) {
        at->error = error.what();
      }
    });
    servers_.push_back(std::move(running));
  }
}

Cluster::~Cluster() {
  for (const auto& running : servers_) running->server->stop();
  for (const auto& running : servers_)
    if (running->thread.joinable()) running->thread.join();
}

Identity Cluster::identity(std::uint32_t rank) const {
  Identity identity;
  identity.job = options.job;
  identity.secret = options.secret;
  identity.rank = rank;
  identity.workers = options.workers;
  identity.silence_seconds = options.silence_seconds;
  return identity;
}

std::unique_ptr<Client> Cluster::connect(std::uint32_t rank) const {
  return Client::connect(identity(rank), endpoints);
}

void Cluster::run_workers(const std::function<void(std::uint32_t, Client&)>& work) const {
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(options.workers);
  for (std::uint32_t rank = 0; rank < options.workers; ++rank)
    threads.emplace_back([&, rank] {
      try {
        const auto client = connect(rank);
        work(rank, *client);
      } catch (...) {
        errors[rank] = std::current_exception();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

std::string Cluster::join(std::uint32_t server) {
  if (servers_[server]->thread.joinable()) servers_[server]->thread.join();
  return servers_[server]->error;
}

void Cluster::stop(std::uint32_t server) { servers_[server]->server->stop(); }

std::vector<std::byte> pseudo_bytes(std::size_t n, std::uint64_t key) {
  random::Generator generator(key, 1);
  std::vector<std::byte> bytes(n);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator.next());
  return bytes;
}

template <class T>
std::vector<T> pseudo_random(std::size_t n, std::uint64_t key) {
  random::Generator generator(key);
  std::vector<T> values(n);
  for (T& value : values) value = static_cast<T>(2 * generator.uniform() - 1);
  return values;
}

template <class T>
LocalTraining<T>::LocalTraining(const std::vector<std::size_t>& sizes, const std::string& rule) : rule_(rule) {
  const auto made = optim::make_rule(nlohmann::json::parse(rule));
  for (std::size_t v = 0; v < sizes.size(); ++v) weights.push_back(first_weights<T>(sizes[v], v));
  slots.resize(static_cast<std::size_t>(made->slots()));
  for (std::size_t s = 0; s < slots.size(); ++s)
    for (const std::size_t size : sizes)
      slots[s].push_back(std::vector<T>(size, static_cast<T>(made->slot_initial(static_cast<int>(s)))));
}

template <class T>
void LocalTraining<T>::step(std::int64_t iteration, double rate,
                            const std::vector<std::vector<std::vector<T>>>& gradients) {
  const FlushDenormals as_in_training;
  const auto made = optim::make_rule(nlohmann::json::parse(rule_));
  for (std::size_t v = 0; v < weights.size(); ++v) {
    std::vector<T> sum = gradients[0][v];
    for (std::size_t rank = 1; rank < gradients.size(); ++rank)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = gradients[rank][v][i] + sum[i];
    std::vector<T*> at;
    for (auto& slot : slots) at.push_back(slot[v].data());
    made->apply({iteration, rate}, sum.size(), weights[v].data(), sum.data(), at.data());
  }
}

template <class T>
std::vector<std::vector<T>> train(Client& client, std::uint32_t rank, std::uint64_t table,
                                  const std::vector<std::size_t>& sizes, const std::string& rule, int steps,
                                  std::uint64_t seed, std::size_t max_slice_bytes) {
  Client::TableSpec spec;
  spec.id = table;
  spec.variable_sizes = sizes;
  spec.element_bytes = sizeof(T);
  spec.rule = rule;
  spec.max_slice_bytes = max_slice_bytes;
  client.open_table(spec);
  const auto& slices = client.slices(table);
  std::vector<std::vector<T>> weights, gradients(sizes.size());
  for (std::size_t v = 0; v < sizes.size(); ++v) weights.push_back(first_weights<T>(sizes[v], v));
  if (rank == 0)
    for (std::size_t i = 0; i < slices.size(); ++i)
      client.write(table, static_cast<int>(i), -1,
                   weights[static_cast<std::size_t>(slices[i].variable)].data() + slices[i].offset);
  client.barrier();
  random::Generator order(seed, rank);
  std::mutex mutex;
  std::condition_variable changed;
  for (int step = 0; step < steps; ++step) {
    for (std::size_t v = 0; v < sizes.size(); ++v) gradients[v] = gradient<T>(sizes[v], rank, step, v);
    std::vector<int> shuffled(slices.size());
    std::iota(shuffled.begin(), shuffled.end(), 0);
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[order.below(i)]);
    std::size_t waiting = 0;
    for (std::size_t at = 0; at < shuffled.size();) {
      const std::size_t n = std::min<std::size_t>(1 + order.below(3), shuffled.size() - at);
      std::vector<Client::PushPull> parts;
      for (std::size_t i = at; i < at + n; ++i) {
        const Slice& slice = slices[static_cast<std::size_t>(shuffled[i])];
        const auto v = static_cast<std::size_t>(slice.variable);
        parts.push_back({shuffled[i], gradients[v].data() + slice.offset, weights[v].data() + slice.offset});
      }
      at += n;
      {
        const std::lock_guard lock(mutex);
        ++waiting;
      }
      client.push_pull(table, step, learning_rate(step), step, parts, [&] {
        const std::lock_guard lock(mutex);
        --waiting;
        changed.notify_all();
      });
      if (order.below(4) == 0) std::this_thread::sleep_for(std::chrono::microseconds(order.below(500)));
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting == 0; });
    lock.unlock();
    client.check();
  }
  return weights;
}

template std::vector<float> pseudo_random(std::size_t, std::uint64_t);
template std::vector<double> pseudo_random(std::size_t, std::uint64_t);
template class LocalTraining<float>;
template class LocalTraining<double>;
template std::vector<std::vector<float>> train(Client&, std::uint32_t, std::uint64_t, const std::vector<std::size_t>&,
                                               const std::string&, int, std::uint64_t, std::size_t);
template std::vector<std::vector<double>> train(Client&, std::uint32_t, std::uint64_t, const std::vector<std::size_t>&,
                                                const std::string&, int, std::uint64_t, std::size_t);

}  // namespace shoal::ps
