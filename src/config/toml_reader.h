#pragma once
// Values out of TOML with errors that name file and line. Included by src/config's .cpp files only: it brings in the
// TOML library.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace davit::config {

// toml++ 3.3 asserts on some bad input ("[[[a]]]"), which would end the program: parse() makes an Error of it.
struct TomlAssertion {};
[[noreturn]] inline void fail_toml() { throw TomlAssertion(); }

}  // namespace davit::config

#define TOML_ASSERT(condition) (static_cast<bool>(condition) ? static_cast<void>(0) : davit::config::fail_toml())
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/log.h"

namespace davit::config {

// What is read from one file. Each getter throws Error(kInvalidArgument) "FILE:LINE: expected …".
class TomlReader {
 public:
  // One row per key of a table: what to do with its value.
  using Setter = std::function<void(const toml::node&)>;
  using Setters = std::map<std::string, Setter, std::less<>>;
  enum class Unknown { kRefuse, kWarn };

  TomlReader(std::string file, Unknown unknown) : file_(std::move(file)), unknown_(unknown) {}

  // Throws Error(kInvalidArgument) "FILE:LINE: …" when it is not TOML.
  toml::table parse(std::string_view text) const try {
    return toml::parse(text, file_);
  } catch (const toml::parse_error& e) {
    throw base::Error::format(base::Code::kInvalidArgument, "{}:{}: {}", file_, e.source().begin.line, e.description());
  } catch (const TomlAssertion&) {
    throw base::Error::format(base::Code::kInvalidArgument, "{}: this is no TOML", file_);
  }

  void apply(const toml::table& values, const std::string& prefix, const Setters& setters) const {
    for (const auto& [key, node] : values) {
      const auto setter = setters.find(key.str());
      if (setter != setters.end()) {
        setter->second(node);
      } else if (unknown_ == Unknown::kRefuse) {
        refuse(node, "unknown setting '" + prefix + std::string(key.str()) + "'");
      } else {
        base::log::warn("{}: unknown setting '{}{}' is ignored", place(node), prefix, key.str());
      }
    }
  }

  [[noreturn]] void refuse(const toml::node& node, const std::string& why) const {
    throw base::Error::format(base::Code::kInvalidArgument, "{}: {}", place(node), why);
  }
  std::string place(const toml::node& node) const { return fmt::format("{}:{}", file_, node.source().begin.line); }
  const std::string& file() const { return file_; }

  const toml::table& table(const toml::node& node) const {
    if (!node.is_table()) refuse(node, "expected a table");
    return *node.as_table();
  }
  const toml::array& array(const toml::node& node, const char* of) const {
    if (!node.is_array()) refuse(node, std::string("expected a list of ") + of);
    return *node.as_array();
  }
  std::string text(const toml::node& node) const { return value<std::string>(node, "a text in quotes"); }
  bool boolean(const toml::node& node) const { return value<bool>(node, "true or false"); }
  std::vector<std::string> texts(const toml::node& node) const {
    std::vector<std::string> all;
    for (const toml::node& element : array(node, "texts in quotes")) all.push_back(text(element));
    return all;
  }
  std::uint64_t number(const toml::node& node, std::int64_t least, std::int64_t most) const {
    const auto found = value<std::int64_t>(node, "a number");
    if (found < least || found > most) refuse(node, fmt::format("expected a number from {} to {}", least, most));
    return static_cast<std::uint64_t>(found);
  }
  std::filesystem::path absolute(const toml::node& node) const {
    std::filesystem::path path = text(node);
    if (!path.is_absolute()) refuse(node, "expected an absolute path");
    return path;
  }

 private:
  template <typename T>
  T value(const toml::node& node, const char* kind) const {
    const auto found = node.value_exact<T>();
    if (!found) refuse(node, std::string("expected ") + kind);
    return *found;
  }

  std::string file_;
  Unknown unknown_;
};

}  // namespace davit::config
