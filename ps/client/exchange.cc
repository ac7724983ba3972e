#include "ps/client/exchange.h"

#include "common/base/error.h"

namespace shoal::ps {

Exchange::Exchange(const Identity& identity, const std::vector<Endpoint>& servers)
    : identity_(identity), bell_(io_.loop(), [this] { submit_all(); }) {
  for (std::size_t rank = 0; rank < servers.size(); ++rank) {
    Channel::Events events;
    events.lost = [this](const std::string& what) { fail(what); };
    events.answered = [this](Call& call) { answered(call); };
    channels_.push_back(std::make_unique<Channel>(io_.loop(), identity.rank, static_cast<std::uint32_t>(rank),
                                                  servers[rank], std::move(events)));
  }
}

Exchange::~Exchange() {
  io_.loop().post([this] {
    for (const auto& channel : channels_) channel->close();
  });
  io_.join();
}

void Exchange::reach() {
  net::Credentials credentials;
  credentials.job = identity_.job;
  credentials.secret = identity_.secret;
  credentials.role = wire::Role::worker;
  credentials.rank = identity_.rank;
  credentials.workers = identity_.workers;
  credentials.incarnation = identity_.incarnation;
  net::ConnectionOptions options;
  options.silence_seconds = identity_.silence_seconds;
  std::size_t open = channels_.size();
  std::vector<std::string> errors(channels_.size());
  io_.loop().post([&] {
    for (std::size_t i = 0; i < channels_.size(); ++i)
      channels_[i]->connect(credentials, options, identity_.connect_seconds,
                            [this, i, &open, &errors](std::string error) {
                              const std::lock_guard lock(mutex_);
                              errors[i] = std::move(error);
                              --open;
                              changed_.notify_all();
                            });
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open == 0; });
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (!errors[i].empty()) raise<PeerError>("{}: {}", channels_[i]->name(), errors[i]);
}

Request& Exchange::make(std::size_t server, wire::Type type, wire::Type answer, Call& call) {
  Request& request = pool_.take_request();
  request.server = server;
  request.answer = answer;
  request.call = &call;
  request.header.type = type;
  request.header.sender = identity_.rank;
  request.header.sequence = ++sequence_;
  ++call.unanswered;
  return request;
}

void Exchange::send(Request* first) {
  {
    const std::lock_guard lock(mutex_);
    Request** end = &queued_;
    while (*end) end = &(*end)->next;
    *end = first;
  }
  bell_.ring();
}

std::vector<std::byte> Exchange::send_and_wait(Call& call, Request* first) {
  bool finished = false;
  std::string error;
  std::vector<std::byte> result;
  call.waited_for = true;
  call.done = [&] {
    const std::lock_guard lock(mutex_);
    finished = true;
    error = std::move(call.error);
    result = std::move(call.result);
    changed_.notify_all();
  };
  send(first);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return finished; });
  throw_failure();
  if (!error.empty()) throw PeerError(error);
  return result;
}

void Exchange::check() {
  const std::lock_guard lock(mutex_);
  throw_failure();
  if (finished_) raise<InternalError>("client: a call after finish");
}

bool Exchange::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return false;
  throw_failure();
  finished_ = true;
  return true;
}

void Exchange::throw_failure() const {
  if (!failure_.empty()) throw PeerError(failure_);
}

void Exchange::submit_all() {
  Request* first = nullptr;
  {
    const std::lock_guard lock(mutex_);
    first = std::exchange(queued_, nullptr);
  }
  while (first) {
    Request& request = *first;
    first = request.next;
    channels_[request.server]->submit(request);
  }
  if (failed_) abandon();
}

void Exchange::answered(Call& call) {
  if (--call.unanswered > 0) return;
  if (!call.error.empty() && !call.waited_for) fail(call.error);
  const std::function<void()> done = std::exchange(call.done, nullptr);
  if (!call.waited_for) {
    pool_.give_back(call);  // before: whoever is woken may make the next call at once
    done();
    return;
  }
  done();  // takes what the call brought
  pool_.give_back(call);
}

void Exchange::fail(const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = what;
  }
  if (failed_) return;
  failed_ = true;
  abandon();
}

// Nothing more can be answered: no memory of a caller is touched after this.
void Exchange::abandon() {
  for (const auto& channel : channels_) channel->close();
  for (const auto& channel : channels_) channel->abandon();
}

}  // namespace shoal::ps
