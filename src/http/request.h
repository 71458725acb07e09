#pragma once
// A request as the server read it, but for its body.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::http {

struct PeerAddress {
  std::string text;  // "192.0.2.1", "2001:db8::1", or "unix"
  std::uint16_t port = 0;
};

// Filled by the server; a value, so that tests can make one.
class ServerRequest {
 public:
  std::string method;
  int version = 11;  // 10 or 11
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool tls = false;
  std::string client_certificate;  // the subject's common name of a client certificate that was verified
  PeerAddress peer;
  std::chrono::steady_clock::time_point began;

  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  std::string_view target() const { return target_; }  // as it was sent, percent-encoded
  std::string_view path() const;                       // the target up to its '?'
  std::string_view query() const;                      // what comes after it
  // The first field of that name, or an empty text.
  std::string_view header(std::string_view name) const;
  // All fields of that name, joined by ", " (RFC 9110, 5.3).
  std::string headers(std::string_view name) const;
  bool has_header(std::string_view name) const;
  unsigned count_header(std::string_view name) const;

  void set_target(std::string_view target) { target_ = target; }
  void add_header(std::string_view name, std::string_view value);
  void clear();

 private:
  struct Field {
    std::uint32_t name, name_size, value, value_size;  // places in text_
  };
  std::string_view name(const Field& field) const {
    return std::string_view(text_).substr(field.name, field.name_size);
  }
  std::string_view value(const Field& field) const {
    return std::string_view(text_).substr(field.value, field.value_size);
  }

  std::string target_;
  std::string text_;
  std::vector<Field> fields_;
};

// "%41" as "A"; nothing where a '%' is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

// The parameters of a query, decoded ('+' is a space), in their order. Malformed escapes stay as they are.
class Query {
 public:
  explicit Query(std::string_view text);
  std::optional<std::string> get(std::string_view name) const;  // the first of that name
  std::vector<std::string> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace davit::http
