#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

namespace shoal {

// Answers each request on 127.0.0.1 with what `answer(path)` gives (a whole HTTP response), then closes the connection.
class HttpServer {
 public:
  explicit HttpServer(std::function<std::string(const std::string& path)> answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

 private:
  void serve() {
    for (int client; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) {
      std::string request;
      char piece[1024];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const auto got = ::recv(client, piece, sizeof piece, 0);
        if (got <= 0) break;
        request.append(piece, static_cast<std::size_t>(got));
      }
      const auto begin = request.find(' ');
      const std::string response = begin == std::string::npos
                                       ? ""
                                       : answer_(request.substr(begin + 1, request.find(' ', begin + 1) - begin - 1));
      for (std::size_t sent = 0; sent < response.size();) {
        const auto n = ::send(client, response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
    }
  }

  std::function<std::string(const std::string&)> answer_;
  int listener_, port_ = 0;
  std::thread thread_;
};

}  // namespace shoal
