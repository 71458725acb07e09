#include "docker/image_inspect.h"

#include <boost/json.hpp>

namespace davit::docker {

namespace json = boost::json;

namespace {

json::array strings(const std::vector<std::string>& values) { return json::array(values.begin(), values.end()); }

json::value strings_or_null(const std::vector<std::string>& values) {
  if (values.empty()) return nullptr;
  return strings(values);
}

json::value optional_strings(const std::optional<std::vector<std::string>>& values) {
  if (!values) return nullptr;
  return strings(*values);
}

json::value set_of(const std::vector<std::string>& keys) {
  if (keys.empty()) return nullptr;
  json::object object;
  for (const std::string& key : keys) object[key] = json::object();
  return object;
}

json::object descriptor_of(const oci::Descriptor& descriptor) {
  return {{"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", descriptor.size}};
}

json::array displaced_from(const std::vector<DisplacedTag>& displaced) {
  json::array array;
  for (const DisplacedTag& one : displaced) {
    array.push_back(json::object(
        {{"Tag", one.tag},
         {"When", base::to_rfc3339(one.when)},
         {"By", one.command},
         {"ReplacedBy", one.replaced_by},
         {"Kept", one.kept_until.has_value()},
         {"Reason", one.reason},
         {"KeptUntil", one.kept_until ? json::value(base::to_rfc3339(*one.kept_until)) : json::value(nullptr)}}));
  }
  return array;
}

}  // namespace

json::object execution_config(const oci::ExecutionConfig& config) {
  json::object object = {{"Hostname", ""},       {"Domainname", ""},      {"User", config.user},
                         {"AttachStdin", false}, {"AttachStdout", false}, {"AttachStderr", false}};
  if (!config.exposed_ports.empty()) object["ExposedPorts"] = set_of(config.exposed_ports);
  object["Tty"] = false;
  object["OpenStdin"] = false;
  object["StdinOnce"] = false;
  object["Env"] = strings_or_null(config.env);
  object["Cmd"] = optional_strings(config.cmd);
  if (config.healthcheck) {
    const oci::Healthcheck& check = *config.healthcheck;
    json::object health = {{"Test", strings(check.test)}};
    if (check.interval_ns != 0) health["Interval"] = check.interval_ns;
    if (check.timeout_ns != 0) health["Timeout"] = check.timeout_ns;
    if (check.start_period_ns != 0) health["StartPeriod"] = check.start_period_ns;
    if (check.start_interval_ns != 0) health["StartInterval"] = check.start_interval_ns;
    if (check.retries != 0) health["Retries"] = check.retries;
    object["Healthcheck"] = std::move(health);
  }
  if (config.args_escaped) object["ArgsEscaped"] = true;
  object["Image"] = "";
  object["Volumes"] = set_of(config.volumes);
  object["WorkingDir"] = config.working_dir;
  object["Entrypoint"] = optional_strings(config.entrypoint);
  object["OnBuild"] = strings_or_null(config.on_build);
  if (config.labels.empty()) {
    object["Labels"] = nullptr;
  } else {
    json::object labels;
    for (const auto& [key, value] : config.labels) labels[key] = value;
    object["Labels"] = std::move(labels);
  }
  if (!config.stop_signal.empty()) object["StopSignal"] = config.stop_signal;
  if (config.shell) object["Shell"] = strings(*config.shell);
  return object;
}

json::object image_inspect(const ImageView& view) {
  json::array names, digests;
  for (const store::Tag& tag : view.tags) {
    (tag.reference.tag() ? names : digests).emplace_back(tag.reference.familiar());
  }
  const store::ImageRecord& record = view.record;
  json::object object = {
      {"Id", record.id.text()}, {"RepoTags", std::move(names)}, {"RepoDigests", std::move(digests)}, {"Parent", ""}};
  const oci::ImageConfig config = view.config.value_or(oci::ImageConfig());
  object["Comment"] = config.history.empty() ? std::string() : config.history.back().comment;
  if (record.created) object["Created"] = base::to_rfc3339(*record.created);
  object["DockerVersion"] = config.docker_version;
  object["Author"] = config.author;
  object["Config"] = execution_config(config.config);
  object["Architecture"] = config.platform.architecture;
  if (!config.platform.variant.empty()) object["Variant"] = config.platform.variant;
  object["Os"] = config.platform.os;
  if (!config.platform.os_version.empty()) object["OsVersion"] = config.platform.os_version;
  object["Size"] = record.size;
  object["GraphDriver"] = json::object({{"Data", nullptr}, {"Name", view.driver}});
  json::array layers;
  for (const store::ImageLayer& layer : record.layers) layers.emplace_back(layer.diff_id.text());
  object["RootFS"] = json::object({{"Type", "layers"}, {"Layers", std::move(layers)}});
  object["Metadata"] = json::object(
      {{"LastTagTime", view.last_tagged ? base::to_rfc3339(*view.last_tagged) : std::string("0001-01-01T00:00:00Z")}});
  object["Descriptor"] = descriptor_of(record.index.value_or(record.manifest));
  if (!view.displaced.empty()) object["Davit"] = json::object({{"DisplacedFrom", displaced_from(view.displaced)}});
  return object;
}

}  // namespace davit::docker
