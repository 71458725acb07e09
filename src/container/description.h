#pragma once
// What a container is to be: the image's configuration merged with the command line. Values as docker's flags have them
// (docs/coverage/containers.md); what they mean to the kernel is worked out at each start. Kept in the container's
// folder; docs/formats/containers.md.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "container/mount_point.h"
#include "network/fabric.h"
#include "oci/digest.h"
#include "runtime/resources.h"
#include "runtime/spec.h"

namespace davit::container {

using Labels = std::map<std::string, std::string>;

// Which of the host's namespaces it shares. Each: empty (docker's default), "host", "private", and what its flag has
// besides: ipc "none", "shareable", "container:ID"; pid "container:ID".
struct Namespaces {
  std::string ipc, pid, uts, cgroup, user;
  bool operator==(const Namespaces&) const = default;
};

struct Security {
  bool privileged = false;
  std::vector<std::string> cap_add, cap_drop;  // as typed: "NET_ADMIN", "ALL"
  std::vector<std::string> options;            // --security-opt, as typed
  bool no_new_privileges = false;
  std::string seccomp;          // empty: davit's own profile; "unconfined"; or a profile's JSON
  std::string apparmor;         // empty: the host's default for containers; "unconfined"; or a profile's name
  bool unmasked_paths = false;  // systempaths=unconfined
  bool operator==(const Security&) const = default;
};

// Name service, in /etc/hosts and /etc/resolv.conf.
struct NameService {
  std::vector<std::string> extra_hosts;  // "name:address"
  std::vector<std::string> servers, search, options;
  bool operator==(const NameService&) const = default;
};

// Another container by a name of one's own: --link.
struct Link {
  std::string container;  // its name
  std::string alias;
  bool operator==(const Link&) const = default;
};

struct LogSettings {
  std::string driver;                          // as asked: "json-file", "local", "none"; empty: the default
  std::map<std::string, std::string> options;  // --log-opt
  bool operator==(const LogSettings&) const = default;
};

struct Description {
  std::string name;  // without the slash; empty at creation: one is found
  std::optional<oci::Digest> image;
  std::string image_reference;        // as typed: what `ps` shows while it means the image
  std::vector<oci::Digest> diff_ids;  // bottom first
  std::string platform;               // --platform as typed

  std::vector<std::string> entrypoint, command;  // together at least one word
  // "NAME=value", the command line's and then the image's of other names; later ones win. A NAME alone: no such
  // variable.
  std::vector<std::string> env;
  std::string user;  // docker's -u
  std::vector<std::string> additional_groups;
  std::string working_dir;           // empty: "/"
  std::string hostname, domainname;  // no hostname: the ID's first 12 digits, or the host's name with the host's UTS
  Labels labels, annotations;
  bool init = false;  // an init of davit's choice runs the program

  bool open_stdin = false;
  bool stdin_once = false;  // its end is the end of the first who attaches
  bool terminal = false;
  bool attach_stdin = false, attach_stdout = false, attach_stderr = false;  // what `run` or `create` asked for
  std::string stop_signal;                                                  // "SIGTERM", "15"; empty: SIGTERM
  std::optional<int> stop_timeout;                                          // seconds; negative: never killed
  bool auto_remove = false;
  std::string id_file;  // --cidfile as typed
  LogSettings log;

  std::vector<MountPoint> mounts;
  std::vector<std::string> volumes_from;  // as typed; their mounts are among `mounts`
  std::vector<std::string> volumes;       // targets of the image's VOLUME and of -v without a source
  bool read_only_root = false;
  std::uint64_t shm_size = 64 * 1024 * 1024;

  std::string network = "none";  // docker's mode: "none", "host", "container:ID", or the first of `networks`
  std::vector<network::Wish> networks;
  std::vector<network::PortWish> ports;
  bool publish_all = false;                // -P
  std::vector<std::string> exposed_ports;  // of the image and --expose: "80/tcp"
  std::vector<Link> links;
  NameService names;
  Namespaces namespaces;
  Security security;
  std::map<std::string, std::string> sysctls;

  runtime::Resources resources;
  std::vector<runtime::Device> devices;
  std::vector<std::string> device_rules;  // --device-cgroup-rule: "c 1:3 mr"
  std::vector<runtime::ResourceLimit> limits;
  int oom_score_adj = 0;
  std::string cgroup_parent;  // empty: the store's
  std::string runtime;        // --runtime: "runc", "crun" or a path; empty: the store's choice

  bool shares_host_network() const { return network == "host"; }
  // It may be in networks: it has a network namespace of its own, and wants more than loopback in it.
  bool joins_networks() const {
    return network != "none" && !shares_host_network() && !network.starts_with("container:");
  }
  // What runs: entrypoint and command.
  std::vector<std::string> args() const;
  bool operator==(const Description&) const = default;
};

}  // namespace davit::container
