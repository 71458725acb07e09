#include "oci/json.h"

#include <algorithm>
#include <unordered_set>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include "base/error.h"
#include "base/strings.h"

namespace davit::oci::json {

namespace bj = boost::json;

namespace {

using base::Code;
using base::Error;
using boost::json::error_code;

// Builds the value as Boost's own parser does, and refuses a key that its object has already, of which Boost would keep
// the last without a word.
class Builder {
 public:
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  bj::value release() { return stack_.release(); }
  const std::string& duplicate() const { return duplicate_; }

  bool on_document_begin(error_code&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, error_code&) {
    stack_.push_object(size);
    keys_.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(bj::string_view text, std::size_t, error_code&) {
    key_.append(text.data(), text.size());
    stack_.push_chars(text);
    return true;
  }
  bool on_key(bj::string_view text, std::size_t, error_code& error) {
    key_.append(text.data(), text.size());
    stack_.push_key(text);
    if (!keys_.back().insert(key_).second) {
      duplicate_ = key_;
      error = bj::error::exception;
      return false;
    }
    key_.clear();
    return true;
  }
  bool on_string_part(bj::string_view text, std::size_t, error_code&) {
    stack_.push_chars(text);
    return true;
  }
  bool on_string(bj::string_view text, std::size_t, error_code&) {
    stack_.push_string(text);
    return true;
  }
  bool on_number_part(bj::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, bj::string_view, error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, bj::string_view, error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, bj::string_view, error_code&) {
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, error_code&) { return true; }
  bool on_comment(bj::string_view, error_code&) { return true; }

 private:
  bj::value_stack stack_;
  std::vector<std::unordered_set<std::string>> keys_;  // of each open object
  std::string key_;                                    // the parts so far of the key being read
  std::string duplicate_;
};

std::string describe(const error_code& error, const Builder& builder, const Limits& limits) {
  if (!builder.duplicate().empty() || error == bj::error::exception) {
    return fmt::format("the key \"{}\" is there twice in one object", base::printable(builder.duplicate()));
  }
  if (error == bj::error::too_deep) return fmt::format("nested more than {} levels deep", limits.depth);
  if (error == bj::error::incomplete) return "the document ends too early";
  if (error == bj::error::extra_data) return "something follows the end of the document";
  return "not valid JSON (" + error.message() + ")";
}

std::string_view type_of(const bj::value& value) {
  switch (value.kind()) {
    case bj::kind::null:
      return "null";
    case bj::kind::bool_:
      return "a boolean";
    case bj::kind::int64:
    case bj::kind::uint64:
    case bj::kind::double_:
      return "a number";
    case bj::kind::string:
      return "a string";
    case bj::kind::array:
      return "an array";
    case bj::kind::object:
      return "an object";
  }
  return "unknown";
}

// The text of a number, as the document most likely had it.
std::string number_text(const bj::value& value) { return base::printable(bj::serialize(value), 40); }

// A key as a path shows it: bare where it is a word, else in brackets: annotations["a.b"].
bool is_word(std::string_view key) {
  return !key.empty() && key.size() <= 40 && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

struct Document::State {
  std::string what;
  bj::value value;
};

Document Document::parse(std::string_view text, std::string what, const Limits& limits) {
  if (text.size() > limits.bytes) {
    throw Error::format(Code::kInvalidArgument, "invalid {}: {} bytes are more than the {} that davit accepts", what,
                        text.size(), limits.bytes);
  }
  bj::parse_options options;
  options.max_depth = static_cast<std::size_t>(limits.depth);
  bj::basic_parser<Builder> parser(options);
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = bj::error::extra_data;
  if (error) {
    throw Error::format(Code::kInvalidArgument, "invalid {}: at byte {}: {}", what, used,
                        describe(error, parser.handler(), limits));
  }
  auto state = std::make_shared<State>();
  state->what = std::move(what);
  state->value = parser.handler().release();
  return Document(std::move(state));
}

Node Document::root() const { return Node(&state_->value, &state_->what, ""); }

void Node::fail(std::string_view problem) const {
  throw Error::format(Code::kInvalidArgument, "invalid {}: {} {}", *what_, path_.empty() ? "the document" : path_,
                      problem);
}

Node Node::member(std::string_view key, const bj::value& value) const {
  std::string path = path_;
  if (is_word(key)) {
    if (!path.empty()) path += '.';
    path += key;
  } else {
    path += "[\"" + base::printable(key, 80) + "\"]";
  }
  return Node(&value, what_, std::move(path));
}

namespace {

const bj::object& object_of(const Node& node, const bj::value& value) {
  if (!value.is_object()) node.fail(fmt::format("must be an object, not {}", type_of(value)));
  return value.get_object();
}

}  // namespace

bool Node::has(std::string_view key) const { return object_of(*this, *value_).contains(bj::string_view(key)); }

std::optional<Node> Node::find(std::string_view key) const {
  const bj::value* found = object_of(*this, *value_).if_contains(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return member(key, *found);
}

Node Node::at(std::string_view key) const {
  if (std::optional<Node> found = find(key)) return *std::move(found);
  member(key, *value_).fail("is missing");
}

void Node::each_element(const std::function<void(const Node&)>& visit) const {
  if (!value_->is_array()) fail(fmt::format("must be an array, not {}", type_of(*value_)));
  std::size_t i = 0;
  for (const bj::value& element : value_->get_array()) {
    visit(Node(&element, what_, path_ + "[" + std::to_string(i++) + "]"));
  }
}

void Node::each_member(const std::function<void(const std::string&, const Node&)>& visit) const {
  for (const auto& [key, value] : object_of(*this, *value_)) visit(std::string(key), member(key, value));
}

bool Node::is_string() const { return value_->is_string(); }

bool Node::is_integer() const { return value_->is_int64(); }

std::string Node::string() const {
  if (!value_->is_string()) fail(fmt::format("must be a string, not {}", type_of(*value_)));
  return std::string(value_->get_string());
}

bool Node::boolean() const {
  if (!value_->is_bool()) fail(fmt::format("must be true or false, not {}", type_of(*value_)));
  return value_->get_bool();
}

std::int64_t Node::integer() const {
  if (value_->is_int64()) return value_->get_int64();
  if (!value_->is_number()) fail(fmt::format("must be a whole number, not {}", type_of(*value_)));
  if (value_->is_uint64()) fail(fmt::format("must be at most 9223372036854775807, not {}", number_text(*value_)));
  fail(fmt::format("must be a whole number of 64 bits, not {}", number_text(*value_)));
}

std::uint64_t Node::size() const {
  const std::int64_t number = integer();
  if (number < 0) fail(fmt::format("must not be negative ({})", number));
  return static_cast<std::uint64_t>(number);
}

Digest Node::digest() const {
  const std::string text = string();
  try {
    return Digest::parse(text);
  } catch (const Error& e) {
    fail("is an " + e.message());
  }
}

base::Time Node::time() const {
  const std::string text = string();
  if (const std::optional<base::Time> time = base::parse_rfc3339(text)) return *time;
  fail(fmt::format("must be a time as in 2006-01-02T15:04:05Z, not '{}'", base::printable(text, 60)));
}

std::vector<std::string> Node::strings() const {
  std::vector<std::string> out;
  each_element([&](const Node& element) { out.push_back(element.string()); });
  return out;
}

std::map<std::string, std::string> Node::string_map() const {
  std::map<std::string, std::string> out;
  each_member([&](const std::string& key, const Node& value) { out.emplace(key, value.string()); });
  return out;
}

std::string Node::string_or_empty(std::string_view key) const {
  const std::optional<Node> found = find(key);
  return found ? found->string() : std::string();
}

std::vector<std::string> Node::strings_or_empty(std::string_view key) const {
  const std::optional<Node> found = find(key);
  return found ? found->strings() : std::vector<std::string>();
}

std::map<std::string, std::string> Node::string_map_or_empty(std::string_view key) const {
  const std::optional<Node> found = find(key);
  return found ? found->string_map() : std::map<std::string, std::string>();
}

}  // namespace davit::oci::json
