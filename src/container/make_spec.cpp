#include "container/make_spec.h"

#include <map>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
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

// Files of its own over those in /etc.
std::vector<runtime::Mount> etc_mounts(const Record& record, const std::string& hostname,
                                       const std::filesystem::path& own) {
  const std::map<std::string, std::string> files = {
      {"hostname", hostname + "\n"},
      {"hosts", hosts_file(record.description, fs::read_file_if_exists("/etc/hosts").value_or(""))},
      {"resolv.conf", resolv_conf(record.description, fs::read_file_if_exists("/etc/resolv.conf").value_or(""))},
  };
  std::vector<runtime::Mount> mounts;
  for (const auto& [name, content] : files) {
    fs::write_file(own / name, content, 0644);
    mounts.push_back(runtime::bind_mount(own / name, "/etc/" + name, record.description.read_only_root));
  }
  return mounts;
}

void set_process(const Description& description, const fs::Directory& root, const std::string& hostname,
                 runtime::ContainerSpec& spec) {
  const auto user = runtime::find_user(root, description.user);
  auto& process = spec.process;
  process.args = description.args();
  process.env = environment(description, hostname, user.home, description.terminal);
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

std::string hostname_of(const Record& record) {
  const auto& description = record.description;
  if (!description.hostname.empty()) return description.hostname;
  const bool hosts = description.network == runtime::NetworkMode::kHost || description.namespaces.uts == "host";
  return hosts ? host_name() : record.id.substr(0, 12);
}

runtime::ContainerSpec make_spec(const Record& record, const SpecPlaces& places) {
  const auto& description = record.description;
  const auto rootfs = places.bundle / "rootfs";
  const auto hostname = hostname_of(record);
  auto spec = runtime::default_spec(description.network, places.host);
  spec.rootfs = rootfs;
  spec.hostname = hostname;
  spec.cgroup_path = places.cgroup_path;
  spec.annotations = description.annotations;
  set_process(description, fs::Directory::open(rootfs), hostname, spec);
  set_namespaces(description, places, spec);
  set_security(description, places.host, spec);
  set_resources(description, spec);
  if (runs_init(description)) add_init(spec);
  for (auto& mount : etc_mounts(record, hostname, places.own)) spec.mounts.push_back(std::move(mount));
  return spec;
}

}  // namespace davit::container
