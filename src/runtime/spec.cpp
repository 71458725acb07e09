#include "runtime/spec.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.h"
#include "runtime/resources_json.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;
using base::Code;
using base::Error;

json::array strings(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::array device_rules(const ContainerSpec& spec) {
  json::array rules;
  const auto add = [&](const DeviceRule& row) {
    json::object rule = {{"allow", row.allow}};
    if (row.type != 'a') rule["type"] = std::string(1, row.type);
    if (row.major >= 0) rule["major"] = row.major;
    if (row.minor >= 0) rule["minor"] = row.minor;
    rule["access"] = row.access;
    rules.push_back(std::move(rule));
  };
  for (const auto& row : default_device_rules()) add(row);
  for (const auto& row : spec.device_rules) add(row);
  return rules;
}

json::array devices(const ContainerSpec& spec) {
  json::array nodes;
  for (const auto& node : spec.devices) {
    nodes.push_back({{"path", node.path.string()},
                     {"type", std::string(1, node.type)},
                     {"major", node.major},
                     {"minor", node.minor},
                     {"fileMode", node.mode},
                     {"uid", node.uid},
                     {"gid", node.gid}});
  }
  return nodes;
}

json::object capabilities(const ProcessSpec& process, const HostLimits& host) {
  json::array held;
  for (const auto& capability : process.capabilities) {
    const int bit = capability_number(capability);
    if (bit < 0) throw Error::format(Code::kInvalidArgument, "unknown capability: \"{}\"", capability);
    if ((host.capabilities >> bit & 1) != 0) held.emplace_back(capability);
  }
  if (process.uid != 0) return {{"bounding", held}};  // as execve(2) would leave them
  return {{"bounding", held}, {"effective", held}, {"permitted", held}};
}

json::array limits(const ProcessSpec& process, const HostLimits& host) {
  json::array result;
  for (const auto& limit : process.limits) {
    const auto own = host.hard_limits.find(limit.name);
    const auto most = own == host.hard_limits.end() ? UINT64_MAX : own->second;
    result.push_back(
        {{"type", limit.name}, {"soft", std::min(limit.soft, most)}, {"hard", std::min(limit.hard, most)}});
  }
  return result;
}

json::object process_object(const ProcessSpec& process, const HostLimits& host) {
  json::object user = {{"uid", process.uid}, {"gid", process.gid}};
  if (!process.additional_gids.empty()) {
    user["additionalGids"] = json::array(process.additional_gids.begin(), process.additional_gids.end());
  }
  json::object object = {
      {"terminal", process.terminal},     {"user", std::move(user)},
      {"args", strings(process.args)},    {"env", strings(process.env)},
      {"cwd", process.working_dir},       {"capabilities", capabilities(process, host)},
      {"rlimits", limits(process, host)}, {"noNewPrivileges", process.no_new_privileges},
  };
  if (host.may_lower_oom_score || process.oom_score_adj >= host.oom_score_adj)
    object["oomScoreAdj"] = process.oom_score_adj;
  return object;
}

json::array mounts(const std::vector<Mount>& all) {
  json::array result;
  for (const auto& mount : all) {
    result.push_back({{"destination", mount.target.string()},
                      {"type", mount.type},
                      {"source", mount.source},
                      {"options", strings(mount.options)}});
  }
  return result;
}

json::array namespaces(const std::vector<Namespace>& all) {
  json::array result;
  for (const auto& entry : all) {
    json::object object = {{"type", entry.kind}};
    if (!entry.path.empty()) object["path"] = entry.path.string();
    result.push_back(std::move(object));
  }
  return result;
}

json::object linux_object(const ContainerSpec& spec) {
  json::object sysctls;
  for (const auto& [key, value] : spec.sysctls) sysctls[key] = value;
  auto resources = resources_object(spec.resources);
  resources["devices"] = device_rules(spec);
  json::object object = {
      {"cgroupsPath", spec.cgroup_path},           {"namespaces", namespaces(spec.namespaces)},
      {"resources", std::move(resources)},         {"sysctl", std::move(sysctls)},
      {"maskedPaths", strings(spec.masked_paths)}, {"readonlyPaths", strings(spec.read_only_paths)},
  };
  if (!spec.devices.empty()) object["devices"] = devices(spec);
  if (!spec.seccomp.empty()) object["seccomp"] = json::parse(spec.seccomp);
  return object;
}

}  // namespace

Mount bind_mount(const std::filesystem::path& source, const std::filesystem::path& target, bool read_only) {
  Mount mount{target, "bind", source.string(), {"rbind", "rprivate"}};
  if (read_only) mount.options.emplace_back("ro");
  return mount;
}

std::string to_oci_json(const ContainerSpec& spec, const HostLimits& host) {
  if (spec.process.args.empty()) throw Error(Code::kInvalidArgument, "No command specified");
  json::object document = {
      {"ociVersion", "1.0.2"},
      {"process", process_object(spec.process, host)},
      {"root", {{"path", spec.rootfs.string()}, {"readonly", spec.read_only_root}}},
      {"mounts", mounts(spec.mounts)},
  };
  if (!spec.apparmor.empty()) document["process"].as_object()["apparmorProfile"] = spec.apparmor;
  const bool own_uts = std::any_of(spec.namespaces.begin(), spec.namespaces.end(),
                                   [](const Namespace& entry) { return entry.kind == "uts" && entry.path.empty(); });
  if (own_uts && !spec.hostname.empty()) document["hostname"] = spec.hostname;
  if (!spec.annotations.empty()) {
    json::object annotations;
    for (const auto& [key, value] : spec.annotations) annotations[key] = value;
    document["annotations"] = std::move(annotations);
  }
  document["linux"] = linux_object(spec);
  if (!spec.root_propagation.empty()) document["linux"].as_object()["rootfsPropagation"] = spec.root_propagation;
  return json::serialize(document);
}

}  // namespace davit::runtime
