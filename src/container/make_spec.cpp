#include "container/make_spec.h"

#include <map>

#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "container/etc_files.h"
#include "container/prepare_mounts.h"
#include "runtime/user.h"

namespace davit::container {

namespace {

namespace fs = base::fs;

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Docker's order: its own variables, then the container's, each replacing one of its name; HOME last.
std::vector<std::string> environment(const Description& description, const std::string& hostname,
                                     const std::string& home) {
  std::vector<std::string> lines = {std::string("PATH=") + kPath, "HOSTNAME=" + hostname};
  if (description.terminal) lines.emplace_back("TERM=xterm");
  const auto set = [&](const std::string& line, bool replace) {
    const auto key = line.substr(0, line.find('=') + 1);
    for (auto& other : lines) {
      if (!other.starts_with(key)) continue;
      if (replace) other = line;
      return;
    }
    lines.push_back(line);
  };
  for (const auto& line : description.env) {
    if (line.find('=') != std::string::npos) set(line, true);
  }
  set("HOME=" + home, false);
  return lines;
}

std::string host_name() {
  char buffer[256] = {};
  ::gethostname(buffer, sizeof buffer - 1);
  return buffer;
}

std::string hostname_of(const Record& record) {
  const auto& description = record.description;
  if (!description.hostname.empty()) return description.hostname;
  return description.network == runtime::NetworkMode::kHost ? host_name() : record.id.substr(0, 12);
}

// Files of its own over those in /etc.
std::vector<runtime::Mount> etc_mounts(const Record& record, const std::string& hostname,
                                       const std::filesystem::path& own) {
  const auto network = record.description.network;
  const std::map<std::string, std::string> files = {
      {"hostname", hostname + "\n"},
      {"hosts", hosts_file(network, fs::read_file_if_exists("/etc/hosts").value_or(""))},
      {"resolv.conf", resolv_conf(network, fs::read_file_if_exists("/etc/resolv.conf").value_or(""))},
  };
  std::vector<runtime::Mount> mounts;
  for (const auto& [name, content] : files) {
    fs::write_file(own / name, content, 0644);
    mounts.push_back(runtime::bind_mount(own / name, "/etc/" + name, false));
  }
  return mounts;
}

}  // namespace

runtime::ContainerSpec make_spec(const Record& record, const SpecPlaces& places) {
  const auto& description = record.description;
  const auto rootfs = places.bundle / "rootfs";
  const auto user = runtime::find_user(fs::Directory::open(rootfs), description.user);
  const auto hostname = hostname_of(record);

  auto spec = runtime::default_spec(description.network, places.host);
  spec.rootfs = rootfs;
  spec.hostname = hostname;
  spec.cgroup_path = places.cgroup_parent + "/" + record.id;
  spec.process.args = description.args();
  spec.process.env = environment(description, hostname, user.home);
  if (!description.working_dir.empty()) spec.process.working_dir = description.working_dir;
  spec.process.uid = user.uid;
  spec.process.gid = user.gid;
  spec.process.additional_gids = user.additional_gids;
  spec.process.terminal = description.terminal;
  for (auto& mount : etc_mounts(record, hostname, places.own)) spec.mounts.push_back(std::move(mount));
  for (auto& mount : prepare_mounts(description)) spec.mounts.push_back(std::move(mount));
  return spec;
}

}  // namespace davit::container
