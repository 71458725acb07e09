#pragma once
// The image configuration. OCI image-spec config.md, with docker's additions (Healthcheck, OnBuild, Shell).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "oci/digest.h"
#include "oci/platform.h"

namespace davit::oci {

struct Healthcheck {
  std::vector<std::string> test;
  std::int64_t interval_ns = 0, timeout_ns = 0, start_period_ns = 0, start_interval_ns = 0;
  int retries = 0;
  bool operator==(const Healthcheck&) const = default;
};

struct HistoryEntry {
  std::optional<base::Time> created;
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
  bool operator==(const HistoryEntry&) const = default;
};

// What a container of the image gets unless told otherwise (the "config" object). Unset and empty differ for Cmd and
// Entrypoint, as for docker.
struct ExecutionConfig {
  std::string user;
  std::vector<std::string> env;  // "NAME=value"
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::optional<std::vector<std::string>> shell;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::vector<std::string> exposed_ports;  // "80/tcp", sorted
  std::vector<std::string> volumes;        // sorted
  std::vector<std::string> on_build;
  std::string stop_signal;
  std::optional<Healthcheck> healthcheck;
  bool args_escaped = false;
  bool operator==(const ExecutionConfig&) const = default;
};

struct ImageConfig {
  std::optional<base::Time> created;
  std::string author;
  Platform platform;
  ExecutionConfig config;
  std::vector<Digest> diff_ids;
  std::vector<HistoryEntry> history;
  std::string docker_version;

  bool operator==(const ImageConfig&) const = default;

  // Throws Error(kInvalidArgument) saying what is wrong where (too large, too deep, a wrong type, no rootfs).
  static ImageConfig parse(std::string_view json);
};

// Serialises a config that davit makes itself; fixed order, so that equal values give equal digests.
std::string to_json(const ImageConfig& config);

}  // namespace davit::oci
