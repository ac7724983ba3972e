#include "common/wire/control.h"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <cstring>
#include <streambuf>

#include "common/base/error.h"

namespace shoal::wire {
namespace {

class Sink : public std::streambuf {
 public:
  std::vector<std::byte> bytes;

 protected:
  std::streamsize xsputn(const char* from, std::streamsize n) override {
    const auto* first = reinterpret_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), first, first + n);
    return n;
  }
  int_type overflow(int_type c) override {
    bytes.push_back(static_cast<std::byte>(c));
    return c;
  }
};

class Source : public std::streambuf {
 public:
  explicit Source(std::span<const std::byte> bytes) {
    char* first = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // streambuf never writes to it
    setg(first, first, first + bytes.size());
  }
  std::size_t left() const { return static_cast<std::size_t>(egptr() - gptr()); }
};

// Boost's own loaders of strings and vectors trust the length they read, that of an archive's header too: so no header,
// and these in their place, which check it.
struct Writer {
  Sink sink;
  boost::archive::binary_oarchive archive{sink, boost::archive::no_header};

  template <class T>
  void number(const T& value) {
    archive << value;
  }
  void text(const std::string& value) {
    archive << static_cast<std::uint64_t>(value.size());
    archive.save_binary(value.data(), value.size());
  }
  template <class T, class Element>
  void list(const std::vector<T>& values, std::size_t, Element element) {
    archive << static_cast<std::uint64_t>(values.size());
    for (const T& value : values) element(value);
  }
};

struct Reader {
  Source source;
  boost::archive::binary_iarchive archive;
  explicit Reader(std::span<const std::byte> bytes) : source(bytes), archive(source, boost::archive::no_header) {}

  template <class T>
  void number(T& value) {
    archive >> value;
  }
  std::size_t length(std::size_t element_bytes) {
    std::uint64_t count = 0;
    archive >> count;
    if (count > source.left() / element_bytes)
      raise<PeerError>("control message: a length of {} with {} bytes left", count, source.left());
    return static_cast<std::size_t>(count);
  }
  void text(std::string& value) {
    value.resize(length(1));
    archive.load_binary(value.data(), value.size());
  }
  template <class T, class Element>
  void list(std::vector<T>& values, std::size_t element_bytes, Element element) {
    values.resize(length(element_bytes));
    for (T& value : values) element(value);
  }
};

template <class Archive, class Message>
requires std::is_same_v<std::remove_const_t<Message>, ErrorText>
void visit(Archive& archive, Message& message) { archive.text(message.text); }

template <class Archive, class Message>
requires std::is_same_v<std::remove_const_t<Message>, TableSpec>
void visit(Archive& archive, Message& message) {
  archive.number(message.element_bytes);
  archive.text(message.rule);
  archive.list(message.variable_sizes, sizeof(std::uint64_t), [&](auto& size) { archive.number(size); });
  archive.number(message.max_slice_bytes);
  archive.list(message.slices, sizeof(std::uint32_t) + sizeof(std::uint64_t), [&](auto& slice) {
    archive.number(slice.index);
    archive.number(slice.elements);
  });
}

template <class Archive, class Message>
requires std::is_same_v<std::remove_const_t<Message>, TableShare>
void visit(Archive& archive, Message& message) {
  const auto number = [&](auto& value) { archive.number(value); };
  number(message.process);
  number(message.descriptor);
  number(message.bytes);
  number(message.elements);
  archive.list(message.variable_offsets, sizeof(std::uint64_t), number);
  archive.list(message.slice_offsets, sizeof(std::uint64_t), number);
}

template <class Archive, class Message>
requires std::is_same_v<std::remove_const_t<Message>, Contribution>
void visit(Archive& archive, Message& message) {
  auto kind = static_cast<std::uint32_t>(message.kind);
  archive.number(kind);
  if constexpr (!std::is_const_v<Message>) message.kind = static_cast<Collective>(kind);
  archive.list(message.parts, sizeof(std::uint64_t), [&](auto& part) { archive.text(part); });
}

template <class Message>
std::vector<std::byte> write(const Message& message) {
  Writer writer;
  visit(writer, message);
  return std::move(writer.sink.bytes);
}

}  // namespace

std::vector<std::byte> serialize(const ErrorText& message) { return write(message); }
std::vector<std::byte> serialize(const TableSpec& message) { return write(message); }
std::vector<std::byte> serialize(const TableShare& message) { return write(message); }
std::vector<std::byte> serialize(const Contribution& message) { return write(message); }

template <class Message>
Message deserialize(std::span<const std::byte> archive) {
  try {
    Reader reader(archive);
    Message message;
    visit(reader, message);
    if (reader.source.left() != 0) raise<PeerError>("control message: {} bytes more than it has", reader.source.left());
    if constexpr (std::is_same_v<Message, Contribution>) {
      if (message.kind < Collective::barrier || message.kind > Collective::gather)
        raise<PeerError>("control message: collective {} does not exist", static_cast<std::uint32_t>(message.kind));
    }
    return message;
  } catch (const PeerError&) {
    throw;
  } catch (const std::exception& error) {
    raise<PeerError>("control message: not an archive ({})", error.what());
  }
}

template ErrorText deserialize<ErrorText>(std::span<const std::byte>);
template TableSpec deserialize<TableSpec>(std::span<const std::byte>);
template TableShare deserialize<TableShare>(std::span<const std::byte>);
template Contribution deserialize<Contribution>(std::span<const std::byte>);

}  // namespace shoal::wire
