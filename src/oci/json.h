#pragma once
// Reading JSON that others wrote: limits first, then typed access whose errors name the place ("layers[2].digest").
// Boost.JSON stays behind it; a reader needs no more than this header. docs/adr/0010-strict-json.md.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/clock.h"
#include "oci/descriptor.h"

namespace davit::oci::json {

struct Limits {
  std::size_t bytes = 4 * 1024 * 1024;
  int depth = 64;  // objects and arrays inside one another
};

// One value of a document and the path that leads to it. Cheap to copy; valid while its Document lives. Every getter
// throws Error(kInvalidArgument) "invalid WHAT: PATH must be a string" and the like where the value is of another type.
class Node {
 public:
  bool has(std::string_view key) const;  // also where its value is null
  // The member, or nothing where it is absent or null (Go writes both). Throws unless this is an object.
  std::optional<Node> find(std::string_view key) const;
  Node at(std::string_view key) const;  // throws "PATH is missing" as well

  // Calls back for each element in order. Throws unless this is an array.
  void each_element(const std::function<void(const Node&)>& visit) const;
  // Calls back for each member in the document's order. Throws unless this is an object.
  void each_member(const std::function<void(const std::string& key, const Node&)>& visit) const;

  std::string string() const;
  bool boolean() const;
  std::int64_t integer() const;  // a whole number: 1e3 and 1.0 are not
  std::uint64_t size() const;    // a whole number from 0 to 2^63-1
  Digest digest() const;
  base::Time time() const;  // RFC 3339
  std::vector<std::string> strings() const;
  std::map<std::string, std::string> string_map() const;

  // The same for an optional member: nothing, or the empty value, where it is absent or null.
  std::string string_or_empty(std::string_view key) const;
  std::vector<std::string> strings_or_empty(std::string_view key) const;
  std::map<std::string, std::string> string_map_or_empty(std::string_view key) const;

  bool is_string() const;
  bool is_integer() const;
  const std::string& path() const { return path_; }
  // Throws Error(kInvalidArgument) "invalid WHAT: PATH PROBLEM", for checks of the caller's own.
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  friend class Document;
  Node(const boost::json::value* value, const std::string* what, std::string path)
      : value_(value), what_(what), path_(std::move(path)) {}
  Node member(std::string_view key, const boost::json::value& value) const;

  const boost::json::value* value_;
  const std::string* what_;
  std::string path_;
};

// A document in memory.
class Document {
 public:
  // `what` names the document in messages: "manifest". Throws Error(kInvalidArgument) where the text is too large, too
  // deep, no JSON, no UTF-8, or has one key twice in an object (two readers may then take different values).
  static Document parse(std::string_view text, std::string what, const Limits& limits = {});

  Node root() const;

 private:
  struct State;
  explicit Document(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// A descriptor, as manifests and davit's own records hold it, and back. Fields in a fixed order, empty ones left out.
Descriptor read_descriptor(const Node& node);
boost::json::object write_descriptor(const Descriptor& descriptor);
boost::json::object write_string_map(const std::map<std::string, std::string>& map);

}  // namespace davit::oci::json
