#include "config/settings.h"

#include <functional>

#include <arpa/inet.h>

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::config {

namespace {

using base::Code;
using base::Error;

// Where a value stands, for messages.
std::string place(const std::string& file, const toml::node& node) {
  return fmt::format("{}:{}", file, node.source().begin.line);
}

// One row per key of a table: what to do with its value.
using Setter = std::function<void(const toml::node&)>;
using Setters = std::map<std::string, Setter, std::less<>>;

class Reader {
 public:
  Reader(std::string file, Settings& settings) : file_(std::move(file)), settings_(settings) {}

  void read(const toml::table& top) {
    apply(top, "",
          {
              {"root", [&](const auto& node) { settings_.root = absolute(node); }},
              {"run", [&](const auto& node) { settings_.run = absolute(node); }},
              {"runtime", [&](const auto& node) { settings_.runtime = text(node); }},
              {"log_level", [&](const auto& node) { settings_.log_level = level(node); }},
              {"pull", [&](const auto& node) { read_pull(table(node)); }},
              {"history", [&](const auto& node) { read_history(table(node)); }},
              {"registry", [&](const auto& node) { read_registries(table(node)); }},
          });
  }

 private:
  void read_pull(const toml::table& pull) {
    apply(pull, "pull.", {{"parallel", [&](const auto& node) { settings_.parallel_layers = number(node, 1, 32); }}});
  }

  void read_history(const toml::table& history) {
    apply(history, "history.",
          {
              {"moves",
               [&](const auto& node) { settings_.history.moves = static_cast<unsigned>(number(node, 0, 1'000'000)); }},
              {"days",
               [&](const auto& node) { settings_.history.days = static_cast<unsigned>(number(node, 0, 100'000)); }},
              {"bytes", [&](const auto& node) { settings_.history.bytes = number(node, 0, INT64_MAX); }},
          });
  }

  void read_registries(const toml::table& registries) {
    for (const auto& [key, node] : registries) {
      const std::string host(key.str());
      RegistrySettings& registry = settings_.registries[host];
      apply(table(node), "registry." + host + ".",
            {
                {"insecure", [&](const auto& value) { registry.insecure = boolean(value); }},
                {"ca", [&](const auto& value) { registry.ca = absolute(value); }},
            });
    }
  }

  void apply(const toml::table& values, const std::string& prefix, const Setters& setters) const {
    for (const auto& [key, node] : values) {
      const auto setter = setters.find(key.str());
      if (setter == setters.end()) {
        throw Error::format(Code::kInvalidArgument, "{}: unknown setting '{}{}'", place(file_, node), prefix,
                            key.str());
      }
      setter->second(node);
    }
  }

  template <typename T>
  T value(const toml::node& node, const char* kind) const {
    const auto found = node.value_exact<T>();
    if (!found) throw Error::format(Code::kInvalidArgument, "{}: expected {}", place(file_, node), kind);
    return *found;
  }

  const toml::table& table(const toml::node& node) const {
    if (!node.is_table()) throw Error::format(Code::kInvalidArgument, "{}: expected a table", place(file_, node));
    return *node.as_table();
  }
  std::string text(const toml::node& node) const { return value<std::string>(node, "a text in quotes"); }
  bool boolean(const toml::node& node) const { return value<bool>(node, "true or false"); }
  std::uint64_t number(const toml::node& node, std::int64_t least, std::int64_t most) const {
    const auto found = value<std::int64_t>(node, "a number");
    if (found < least || found > most) {
      throw Error::format(Code::kInvalidArgument, "{}: expected a number from {} to {}", place(file_, node), least,
                          most);
    }
    return static_cast<std::uint64_t>(found);
  }
  std::filesystem::path absolute(const toml::node& node) const {
    std::filesystem::path path = text(node);
    if (!path.is_absolute())
      throw Error::format(Code::kInvalidArgument, "{}: expected an absolute path", place(file_, node));
    return path;
  }
  base::log::Level level(const toml::node& node) const try {
    return base::log::parse_level(text(node));
  } catch (Error& e) {
    throw Error::format(e.code(), "{}: {}", place(file_, node), e.message());
  }

  std::string file_;
  Settings& settings_;
};

// By its literal address or as "localhost": a name that merely begins with "127." is somebody else's.
bool is_loopback(const std::string& host) {
  if (host == "[::1]" || host.starts_with("[::1]:")) return true;
  const std::string name = host.substr(0, host.find(':'));
  struct in_addr address = {};
  return name == "localhost" || (name.starts_with("127.") && inet_pton(AF_INET, name.c_str(), &address) == 1);
}

}  // namespace

remote::ClientOptions Settings::client_options(const std::string& host) const {
  remote::ClientOptions options;
  options.plain_http_fallback = is_loopback(host);
  if (const auto registry = registries.find(host); registry != registries.end()) {
    options.plain_http_fallback = options.plain_http_fallback || registry->second.insecure;
    options.skip_tls_verify = registry->second.insecure;
    options.ca_file = registry->second.ca;
  }
  options.user_agent = "davit/" DAVIT_VERSION;
  return options;
}

Settings load(const std::optional<std::filesystem::path>& file) {
  const std::filesystem::path path = file.value_or(kDefaultFile);
  Settings settings;
  const auto content = base::fs::read_file_if_exists(path, 1024 * 1024);
  if (!content) {
    if (!file) return settings;
    throw Error::format(Code::kNotFound, "configuration file {}: no such file", path.string());
  }
  try {
    Reader(path.string(), settings).read(toml::parse(*content, path.string()));
  } catch (const toml::parse_error& e) {
    throw Error::format(Code::kInvalidArgument, "{}:{}: {}", path.string(), e.source().begin.line, e.description());
  }
  return settings;
}

}  // namespace davit::config
