#include "oci/image_config.h"

#include <algorithm>
#include <limits>

#include <boost/json.hpp>

#include "oci/json.h"
#include "oci/manifest.h"

namespace davit::oci {

namespace {

namespace bj = boost::json;
using json::Document;
using json::Node;
using Strings = std::vector<std::string>;

// What Go writes for a time that was never set; before what a base::Time can hold.
constexpr std::string_view kGoZeroTime = "0001-01-01T00:00:00Z";

std::optional<base::Time> read_time(const Node& parent, std::string_view key) {
  const std::optional<Node> found = parent.find(key);
  if (!found || found->string() == kGoZeroTime) return std::nullopt;
  return found->time();
}

// A command line: an array of strings, or one string as old builders wrote it. Absent and empty differ.
std::optional<Strings> read_command(const Node& parent, std::string_view key) {
  const std::optional<Node> found = parent.find(key);
  if (!found) return std::nullopt;
  return found->is_string() ? Strings{found->string()} : found->strings();
}

// {"80/tcp": {}, …}: a set, in JSON of Go's making. The values say nothing.
Strings read_set(const Node& parent, std::string_view key) {
  Strings out;
  if (const std::optional<Node> found = parent.find(key)) {
    found->each_member([&](const std::string& name, const Node&) { out.push_back(name); });
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::int64_t integer_or_zero(const Node& parent, std::string_view key) {
  const std::optional<Node> found = parent.find(key);
  return found ? found->integer() : 0;
}

bool boolean_or_false(const Node& parent, std::string_view key) {
  const std::optional<Node> found = parent.find(key);
  return found && found->boolean();
}

Healthcheck read_healthcheck(const Node& node) {
  Healthcheck out;
  out.test = node.strings_or_empty("Test");
  out.interval_ns = integer_or_zero(node, "Interval");
  out.timeout_ns = integer_or_zero(node, "Timeout");
  out.start_period_ns = integer_or_zero(node, "StartPeriod");
  out.start_interval_ns = integer_or_zero(node, "StartInterval");
  const std::int64_t retries = integer_or_zero(node, "Retries");
  if (retries < std::numeric_limits<int>::min() || retries > std::numeric_limits<int>::max()) {
    node.at("Retries").fail("is too large");
  }
  out.retries = static_cast<int>(retries);
  return out;
}

ExecutionConfig read_execution(const Node& node) {
  ExecutionConfig out;
  out.user = node.string_or_empty("User");
  out.env = node.strings_or_empty("Env");
  out.entrypoint = read_command(node, "Entrypoint");
  out.cmd = read_command(node, "Cmd");
  out.shell = read_command(node, "Shell");
  out.working_dir = node.string_or_empty("WorkingDir");
  out.labels = node.string_map_or_empty("Labels");
  out.exposed_ports = read_set(node, "ExposedPorts");
  out.volumes = read_set(node, "Volumes");
  out.on_build = node.strings_or_empty("OnBuild");
  out.stop_signal = node.string_or_empty("StopSignal");
  if (const std::optional<Node> found = node.find("Healthcheck")) out.healthcheck = read_healthcheck(*found);
  out.args_escaped = boolean_or_false(node, "ArgsEscaped");
  return out;
}

HistoryEntry read_history(const Node& node) {
  HistoryEntry out;
  out.created = read_time(node, "created");
  out.created_by = node.string_or_empty("created_by");
  out.author = node.string_or_empty("author");
  out.comment = node.string_or_empty("comment");
  out.empty_layer = boolean_or_false(node, "empty_layer");
  return out;
}

std::vector<Digest> read_diff_ids(const Node& rootfs) {
  std::vector<Digest> out;
  if (const std::optional<Node> type = rootfs.find("type"); type && type->string() != "layers") {
    type->fail("must be \"layers\"");
  }
  if (!rootfs.has("diff_ids")) rootfs.at("diff_ids");
  if (const std::optional<Node> ids = rootfs.find("diff_ids")) {
    ids->each_element([&](const Node& id) { out.push_back(id.digest()); });
  }
  return out;
}

void put(bj::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

void put(bj::object& out, std::string_view key, std::int64_t number) {
  if (number != 0) out[key] = number;
}

void put(bj::object& out, std::string_view key, bool value) {
  if (value) out[key] = true;
}

void put(bj::object& out, std::string_view key, const Strings& strings) {
  if (!strings.empty()) out[key] = bj::value_from(strings);
}

void put(bj::object& out, std::string_view key, const std::optional<Strings>& strings) {
  if (strings) out[key] = bj::value_from(*strings);
}

void put(bj::object& out, std::string_view key, const std::optional<base::Time>& time) {
  if (time) out[key] = base::to_rfc3339(*time);
}

void put_set(bj::object& out, std::string_view key, Strings names) {
  if (names.empty()) return;
  std::sort(names.begin(), names.end());
  bj::object set;
  for (const std::string& name : names) set[name] = bj::object();
  out[key] = std::move(set);
}

bj::object write_healthcheck(const Healthcheck& check) {
  bj::object out;
  put(out, "Test", check.test);
  put(out, "Interval", check.interval_ns);
  put(out, "Timeout", check.timeout_ns);
  put(out, "StartPeriod", check.start_period_ns);
  put(out, "StartInterval", check.start_interval_ns);
  put(out, "Retries", std::int64_t{check.retries});
  return out;
}

bj::object write_execution(const ExecutionConfig& config) {
  bj::object out;
  put(out, "User", config.user);
  put_set(out, "ExposedPorts", config.exposed_ports);
  put(out, "Env", config.env);
  put(out, "Entrypoint", config.entrypoint);
  put(out, "Cmd", config.cmd);
  if (config.healthcheck) out["Healthcheck"] = write_healthcheck(*config.healthcheck);
  put(out, "ArgsEscaped", config.args_escaped);
  put_set(out, "Volumes", config.volumes);
  put(out, "WorkingDir", config.working_dir);
  put(out, "OnBuild", config.on_build);
  if (!config.labels.empty()) out["Labels"] = json::write_string_map(config.labels);
  put(out, "StopSignal", config.stop_signal);
  put(out, "Shell", config.shell);
  return out;
}

bj::object write_rootfs(const std::vector<Digest>& diff_ids) {
  bj::array ids;
  for (const Digest& id : diff_ids) ids.push_back(bj::value_from(id.text()));
  bj::object out;
  out["type"] = "layers";
  out["diff_ids"] = std::move(ids);
  return out;
}

bj::object write_history(const HistoryEntry& entry) {
  bj::object out;
  put(out, "created", entry.created);
  put(out, "created_by", entry.created_by);
  put(out, "author", entry.author);
  put(out, "comment", entry.comment);
  put(out, "empty_layer", entry.empty_layer);
  return out;
}

}  // namespace

ImageConfig ImageConfig::parse(std::string_view text) {
  const Document document = Document::parse(text, "image config", {.bytes = kMaxManifestBytes, .depth = kMaxJsonDepth});
  const Node root = document.root();
  ImageConfig out;
  out.created = read_time(root, "created");
  out.author = root.string_or_empty("author");
  out.platform.os = root.string_or_empty("os");
  out.platform.architecture = root.string_or_empty("architecture");
  out.platform.variant = root.string_or_empty("variant");
  out.platform.os_version = root.string_or_empty("os.version");
  out.docker_version = root.string_or_empty("docker_version");
  if (const std::optional<Node> config = root.find("config")) out.config = read_execution(*config);
  out.diff_ids = read_diff_ids(root.at("rootfs"));
  if (const std::optional<Node> history = root.find("history")) {
    history->each_element([&](const Node& entry) { out.history.push_back(read_history(entry)); });
  }
  return out;
}

std::string to_json(const ImageConfig& config) {
  bj::object out;
  put(out, "created", config.created);
  put(out, "author", config.author);
  put(out, "architecture", config.platform.architecture);
  put(out, "variant", config.platform.variant);
  put(out, "os", config.platform.os);
  put(out, "os.version", config.platform.os_version);
  put(out, "docker_version", config.docker_version);
  out["config"] = write_execution(config.config);  // also when empty: some readers expect it
  out["rootfs"] = write_rootfs(config.diff_ids);
  if (!config.history.empty()) {
    bj::array history;
    for (const HistoryEntry& entry : config.history) history.push_back(write_history(entry));
    out["history"] = std::move(history);
  }
  return bj::serialize(out);
}

}  // namespace davit::oci
