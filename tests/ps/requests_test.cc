// Requests for values that a member of the job words wrongly: its session ends, and the error says what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/ps/cluster.h"
#include "tests/ps/raw_peer.h"

namespace shoal::ps {
namespace {

using ::testing::HasSubstr;
using wire::Type;

struct Request {
  wire::Header header;
  std::vector<wire::Entry> entries{1};
  std::size_t values = 0;  // bytes
};

// Worker 1's first request, of the only slice of a table of 1,000 float32 that worker 0 has opened.
Request request(Type type) {
  Request r;
  r.header.type = type;
  r.header.sender = 1;
  r.header.table = 1;
  r.header.sequence = 1;
  r.entries[0].bytes = 4000;
  r.values = type == Type::pull ? 0 : 4000;
  return r;
}

void send(RawPeer& peer, Request r) {
  r.header.count = static_cast<std::uint32_t>(r.entries.size());
  r.header.payload = r.entries.size() * wire::kEntryBytes + r.values;
  peer.send(bytes_of(r.header));
  for (const auto& entry : r.entries) {
    std::array<std::byte, wire::kEntryBytes> bytes{};
    wire::encode(entry, bytes.data());
    peer.send(bytes);
  }
  peer.send(std::vector<std::byte>(r.values));
}

struct Mistake {
  Type type;
  std::function<void(Request&)> make;
  std::string error;
};

void expect_end(const std::string& rule, const Mistake& mistake) {
  Cluster cluster(2, 1);
  RawPeer peer(cluster.endpoints[0].port);
  ASSERT_EQ(peer.prove(cluster.identity(1), 1), wire::Code::accepted);
  const auto client = cluster.connect(0);
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = {1000};
  spec.rule = rule;
  spec.norm_block = rule.find("clipnorm") != std::string::npos ? 16384 : 0;
  client->open_table(spec);
  Request r = request(mistake.type);
  mistake.make(r);
  send(peer, r);
  EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("worker 1 (127.0.0.1:"), HasSubstr(mistake.error)));
}

TEST(Requests, OfWhatIsNotThereEndTheSession) {
  for (const Type type : {Type::push_pull, Type::push, Type::pull}) {
    const std::string name(wire::type_name(type));
    const std::vector<Mistake> mistakes = {
        {type, [](Request& r) { r.header.table = 2; }, "table 2 is not open"},
        {type, [](Request& r) { r.entries[0].slice = 1; }, "slice 1 is not on this server"},
        {type, [](Request& r) { r.entries[0].slot = 0; }, name + ": slot must be -1, received 0"},
        {type, [](Request& r) { r.entries[0].bytes = 4004; }, "slice 0 has 4000 bytes, received 4004"},
        {type, [](Request& r) { r.entries[0].bytes = 0; }, "slice 0 has 4000 bytes, received 0"},
        {type,
         [](Request& r) {
           r.entries.push_back(r.entries[0]);
           r.values *= 2;
         },
         name + ": slice 0 stands there twice"}};
    for (const std::string& rule : {std::string(R"({"class_name": "SGD"})"), std::string(kNoRule)})
      for (const Mistake& mistake : mistakes) expect_end(rule, mistake);
  }
}

TEST(Requests, OfAnotherLengthEndTheSession) {
  expect_end(std::string(kNoRule), {Type::push, [](Request& r) { r.values = 3996; }, "sent what it should not"});
  expect_end(std::string(kNoRule), {Type::pull, [](Request& r) { r.values = 4000; }, "sent what it should not"});
}

TEST(Requests, PushAndPullAreNotForRulesThatNeedNorms) {
  const std::string rule = R"({"class_name": "SGD", "clipnorm": 1})";
  expect_end(rule, {Type::push, [](Request&) {}, "push: the rule of table 1 needs norms"});
  expect_end(rule, {Type::pull, [](Request&) {}, "pull: the rule of table 1 needs norms"});
}

}  // namespace
}  // namespace shoal::ps
