#include "operations/config_changes.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "base/error.h"
#include "base/strings.h"
#include "container/signals.h"
#include "operations/healthcheck.h"
#include "operations/instruction_words.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

std::vector<std::string> command_of(std::string_view text) {
  if (auto words = json_words(text)) return std::move(*words);
  return {"/bin/sh", "-c", std::string(text)};
}

std::vector<std::string> list_of(std::string_view text) {
  if (auto words = json_words(text)) return std::move(*words);
  return words_of(text);
}

// "KEY=value KEY2=value2", or the old form "KEY value".
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  std::vector<std::pair<std::string, std::string>> pairs;
  if (!words.empty() && words[0].find('=') == std::string::npos) {
    const std::size_t blank = text.find_first_of(" \t");
    if (blank == std::string_view::npos)
      throw Error::format(Code::kInvalidArgument, "'{}' has no value: write it as {}=VALUE", words[0], words[0]);
    pairs.emplace_back(words[0], base::trim(text.substr(blank)));
    return pairs;
  }
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error::format(Code::kInvalidArgument, "'{}' is not of the form KEY=VALUE", word);
    pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return pairs;
}

void add_sorted(std::vector<std::string>& values, std::string value) {
  const auto at = std::lower_bound(values.begin(), values.end(), value);
  if (at == values.end() || *at != value) values.insert(at, std::move(value));
}

std::string port_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string number = text.substr(0, slash);
  const std::string protocol = slash == std::string::npos ? "tcp" : base::to_lower(text.substr(slash + 1));
  const bool digits =
      !number.empty() && number.size() <= 5 && number.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(number) == 0 || std::stoi(number) > 65535)
    throw Error::format(Code::kInvalidArgument, "Invalid containerPort: {}", text);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
    throw Error::format(Code::kInvalidArgument, "invalid proto: {}", protocol);
  return number + "/" + protocol;
}

void set_env(std::vector<std::string>& env, const std::string& key, const std::string& value) {
  const auto same =
      std::find_if(env.begin(), env.end(), [&](const std::string& line) { return line.starts_with(key + "="); });
  if (same != env.end()) {
    *same = key + "=" + value;
  } else {
    env.push_back(key + "=" + value);
  }
}

// What ONBUILD may not hold.
void check_trigger(std::string_view text) {
  const std::string word = base::to_lower(text.substr(0, text.find_first_of(" \t")));
  if (word == "onbuild") throw Error(Code::kInvalidArgument, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (word == "from") throw Error(Code::kInvalidArgument, "FROM isn't allowed as an ONBUILD trigger");
  if (word == "maintainer") throw Error(Code::kInvalidArgument, "MAINTAINER isn't allowed as an ONBUILD trigger");
}

using Apply = std::function<void(oci::ExecutionConfig&, std::string_view)>;

const std::map<std::string, Apply, std::less<>>& instructions() {
  static const std::map<std::string, Apply, std::less<>> table = {
      {"CMD", [](auto& config, auto text) { config.cmd = command_of(text); }},
      {"ENTRYPOINT", [](auto& config, auto text) { config.entrypoint = command_of(text); }},
      {"ENV",
       [](auto& config, auto text) {
         for (const auto& [key, value] : pairs_of(text)) set_env(config.env, key, value);
       }},
      {"EXPOSE",
       [](auto& config, auto text) {
         for (const std::string& word : words_of(text)) add_sorted(config.exposed_ports, port_of(word));
       }},
      {"HEALTHCHECK", [](auto& config, auto text) { config.healthcheck = parse_healthcheck(text); }},
      {"LABEL",
       [](auto& config, auto text) {
         for (const auto& [key, value] : pairs_of(text)) config.labels[key] = value;
       }},
      {"ONBUILD",
       [](auto& config, auto text) {
         check_trigger(text);
         config.on_build.emplace_back(text);
       }},
      {"STOPSIGNAL",
       [](auto& config, auto text) {
         container::parse_signal(text);
         config.stop_signal = text;
       }},
      {"USER", [](auto& config, auto text) { config.user = text; }},
      {"VOLUME",
       [](auto& config, auto text) {
         const auto words = list_of(text);
         if (words.empty()) throw Error(Code::kInvalidArgument, "VOLUME requires at least one argument");
         for (const std::string& word : words) add_sorted(config.volumes, word);
       }},
      {"WORKDIR",
       [](auto& config, auto text) {
         config.working_dir =
             (std::filesystem::path(config.working_dir.empty() ? "/" : config.working_dir) / std::string(text))
                 .lexically_normal()
                 .string();
       }},
  };
  return table;
}

}  // namespace

void apply_changes(oci::ExecutionConfig& config, const std::vector<std::string>& changes) {
  for (const std::string& change : changes) {
    const std::string_view text = base::trim(change);
    const std::size_t blank = text.find_first_of(" \t");
    std::string word(text.substr(0, blank));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto row = instructions().find(word);
    if (row == instructions().end())
      throw Error::format(Code::kInvalidArgument, "{} is not a valid change command",
                          base::printable(base::to_lower(word)));
    const std::string_view rest = blank == std::string_view::npos ? std::string_view() : base::trim(text.substr(blank));
    if (rest.empty()) throw Error::format(Code::kInvalidArgument, "{} requires at least one argument", word);
    try {
      row->second(config, rest);
    } catch (Error& e) {
      e.add_frame("while applying '{}'", base::printable(text));
      throw;
    }
  }
}

}  // namespace davit::operations
