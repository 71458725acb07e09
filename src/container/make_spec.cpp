#include "container/make_spec.h"

#include <map>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/log.h"
#include "container/environment.h"
#include "container/etc_files.h"
#include "container/init_program.h"
#include "container/spec_parts.h"
#include "runtime/user.h"

namespace davit::container {

namespace {

namespace fs = base::fs;

constexpr const char* kInitTarget = "/sbin/docker-init";

std::string host_name() {
  char buffer[256] = {};
  ::gethostname(buffer, sizeof buffer - 1);
  return buffer;
}

// Files of its own over those in /etc, or of the container whose network it shares.
// The host's; where a resolver on its loopback (systemd's) stands before the real name servers, the list of those.
std::string host_resolv_conf(const Description& description) {
  auto own = fs::read_file_if_exists("/etc/resolv.conf").value_or("");
  if (description.shares_host_network() || names_a_server(resolv_conf(Description(), own))) return own;
  return fs::read_file_if_exists("/run/systemd/resolve/resolv.conf").value_or(own);
}

std::vector<runtime::Mount> etc_mounts(const Record& record, const std::string& hostname, const SpecPlaces& places) {
  const bool shared = !places.joined.shared_etc.empty();
  const auto& folder = shared ? places.joined.shared_etc : places.own;
  auto files = etc_files(record.description, places.names);
  files["hostname"] = hostname + "\n";
  if (record.description.joins_networks() && !names_a_server(files["resolv.conf"]) &&
      names_a_server(host_resolv_conf(record.description))) {
    base::log::warn(
        "the host's name servers answer on its loopback only, so this container finds no names: --dns gives it others, "
        "and a network of your own (davit network create) asks them for it");
  }
  std::vector<runtime::Mount> mounts;
  for (const auto& [name, content] : files) {
    if (!shared) fs::write_file(folder / name, content, 0644);
    mounts.push_back(runtime::bind_mount(folder / name, "/etc/" + name, record.description.read_only_root));
  }
  return mounts;
}

// The variables of linked containers are there before those of its own, which win.
void set_process(const Description& description, const fs::Directory& root, const std::string& hostname,
                 const NetworkNames& names, runtime::ContainerSpec& spec) {
  const auto user = runtime::find_user(root, description.user);
  auto& process = spec.process;
  process.args = description.args();
  auto with_links = description;
  with_links.env.insert(with_links.env.begin(), names.environment.begin(), names.environment.end());
  process.env = environment(with_links, hostname, user.home, description.terminal);
  if (!description.working_dir.empty()) process.working_dir = description.working_dir;
  process.uid = user.uid;
  process.gid = user.gid;
  process.additional_gids = user.additional_gids;
  for (const auto gid : runtime::find_groups(root, description.additional_groups))
    process.additional_gids.push_back(gid);
  process.terminal = description.terminal;
}

// A sysctl of its own wins over docker's default one.
void set_resources(const Description& description, runtime::ContainerSpec& spec) {
  spec.resources = description.resources;
  spec.process.oom_score_adj = description.oom_score_adj;
  for (const auto& limit : description.limits) {
    std::erase_if(spec.process.limits, [&](const auto& other) { return other.name == limit.name; });
    spec.process.limits.push_back(limit);
  }
  if (!description.domainname.empty()) spec.sysctls["kernel.domainname"] = description.domainname;
  for (const auto& [key, value] : description.sysctls) spec.sysctls[key] = value;
}

// The program becomes the child of an init, whose binary of the host is mounted into the container as docker has it.
void add_init(runtime::ContainerSpec& spec) {
  const auto program = find_init();
  if (!program) throw base::Error(base::Code::kNotSupported, kNoInit);
  spec.process.args.insert(spec.process.args.begin(), {kInitTarget, "--"});
  spec.mounts.push_back({kInitTarget, "bind", program->string(), {"bind", "ro"}});
}

}  // namespace

std::map<std::string, std::string> etc_files(const Description& description, const NetworkNames& names) {
  return {{"hosts", hosts_file(description, fs::read_file_if_exists("/etc/hosts").value_or(""), names)},
          {"resolv.conf", resolv_conf(description, host_resolv_conf(description), names)}};
}

std::string hostname_of(const Record& record) {
  const auto& description = record.description;
  if (!description.hostname.empty()) return description.hostname;
  const bool hosts = description.shares_host_network() || description.namespaces.uts == "host";
  return hosts ? host_name() : record.id.substr(0, 12);
}

runtime::ContainerSpec make_spec(const Record& record, const SpecPlaces& places) {
  const auto& description = record.description;
  const auto rootfs = places.bundle / "rootfs";
  const auto hostname = hostname_of(record);
  auto spec = runtime::default_spec(
      description.shares_host_network() ? runtime::NetworkMode::kHost : runtime::NetworkMode::kOwn, places.host);
  spec.rootfs = rootfs;
  spec.hostname = hostname;
  spec.cgroup_path = places.cgroup_path;
  spec.annotations = description.annotations;
  set_process(description, fs::Directory::open(rootfs), hostname, places.names, spec);
  set_namespaces(description, places, spec);
  set_security(description, places.host, spec);
  set_resources(description, spec);
  if (runs_init(description)) add_init(spec);
  for (auto& mount : etc_mounts(record, hostname, places)) spec.mounts.push_back(std::move(mount));
  return spec;
}

}  // namespace davit::container
