#include "cli/mount_flag.h"

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/strings.h"
#include "cli/csv_fields.h"
#include "cli/flag_values.h"
#include "cli/go_number.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;
using container::MountKind;

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Code::kInvalidArgument, fmt::format(text, std::forward<Args>(args)...));
}

bool parse_bool(const std::string& key, const std::string& value) {
  if (const auto known = base::parse_bool(value)) return *known;
  fail("invalid value for {}: {}", key, value);
}

// What is being read: the mount, and which kinds of options came.
struct Reading {
  MountFlag result = {.type = "volume", .mount = {.origin = container::MountOrigin::kMountFlag}};
  bool bind_options = false, volume_options = false, tmpfs_options = false, image_options = false;
  bool force_recursive = false;
};

void put_pair(std::map<std::string, std::string>& map, const std::string& pair) {
  const std::size_t equals = pair.find('=');
  map[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
}

void put_recursion(Reading& reading, const std::string& value) {
  auto& mount = reading.result.mount;
  if (value == "readonly") {
    mount.recursive_read_only = reading.force_recursive = true;
  } else if (value == "disabled") {
    mount.recursive = false;
  } else if (value != "enabled" && value != "writable") {
    fail("invalid value for bind-recursive: {} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")",
         value);
  }
}

std::string absolute_source(const std::string& text) {
  if (text != "." && !text.starts_with("./") && !text.starts_with("..")) return text;
  return (std::filesystem::current_path() / text).lexically_normal().string();
}

struct Key {
  std::string_view name;
  void (*put)(Reading& reading, const std::string& key, const std::string& value);
};

constexpr std::array kKeys = {
    Key{"type", [](Reading& r, const std::string&, const std::string& v) { r.result.type = base::to_lower(v); }},
    Key{"source",
        [](Reading& r, const std::string&, const std::string& v) { r.result.mount.source = absolute_source(v); }},
    Key{"target", [](Reading& r, const std::string&, const std::string& v) { r.result.mount.target = v; }},
    Key{"readonly",
        [](Reading& r, const std::string& k, const std::string& v) { r.result.mount.read_only = parse_bool(k, v); }},
    Key{"consistency",
        [](Reading& r, const std::string&, const std::string& v) {
          r.result.mount.consistency = base::to_lower(v);
        }},
    Key{"bind-propagation",
        [](Reading& r, const std::string&, const std::string& v) {
          r.bind_options = true;
          r.result.mount.propagation = base::to_lower(v);
        }},
    Key{"bind-nonrecursive",
        [](Reading& r, const std::string& k, const std::string& v) {
          r.bind_options = true;
          r.result.mount.recursive = !parse_bool(k, v);
        }},
    Key{"bind-recursive",
        [](Reading& r, const std::string&, const std::string& v) {
          r.bind_options = true;
          put_recursion(r, v);
        }},
    Key{"volume-subpath",
        [](Reading& r, const std::string&, const std::string& v) {
          r.volume_options = true;
          r.result.mount.subpath = v;
        }},
    Key{"volume-nocopy",
        [](Reading& r, const std::string& k, const std::string& v) {
          r.volume_options = true;
          r.result.mount.copy = !parse_bool(k, v);
        }},
    Key{"volume-label",
        [](Reading& r, const std::string&, const std::string& v) {
          r.volume_options = true;
          put_pair(r.result.mount.labels, v);
        }},
    Key{"volume-driver",
        [](Reading& r, const std::string&, const std::string& v) {
          r.volume_options = true;
          r.result.mount.driver = v;
        }},
    Key{"volume-opt",
        [](Reading& r, const std::string&, const std::string& v) {
          r.volume_options = true;
          put_pair(r.result.mount.driver_options, v);
        }},
    Key{"image-subpath", [](Reading& r, const std::string&, const std::string&) { r.image_options = true; }},
    Key{"tmpfs-size",
        [](Reading& r, const std::string& k, const std::string& v) {
          r.tmpfs_options = true;
          try {
            r.result.mount.size = static_cast<std::uint64_t>(parse_bytes(v));
          } catch (const Error&) {
            fail("invalid value for {}: {}", k, v);
          }
        }},
    Key{"tmpfs-mode",
        [](Reading& r, const std::string& k, const std::string& v) {
          r.tmpfs_options = true;
          try {
            r.result.mount.permissions = static_cast<std::uint32_t>(parse_uint(v, 8, UINT32_MAX));
          } catch (const Error&) {
            fail("invalid value for {}: {}", k, v);
          }
        }},
};

std::string_view whole_name(std::string_view key) {
  if (key == "src") return "source";
  if (key == "dst" || key == "destination") return "target";
  if (key == "ro") return "readonly";
  return key;
}

void read_field(Reading& reading, const std::string& field) {
  const std::size_t equals = field.find('=');
  const std::string key = base::to_lower(field.substr(0, equals));
  const bool may_stand_alone = key == "readonly" || key == "ro" || key == "volume-nocopy" || key == "bind-nonrecursive";
  if (equals == std::string::npos && !may_stand_alone) fail("invalid field '{}' must be a key=value pair", field);
  const std::string value = equals == std::string::npos ? "true" : field.substr(equals + 1);
  for (const Key& row : kKeys) {
    if (row.name == whole_name(key)) return row.put(reading, key, value);
  }
  fail("unexpected key '{}' in '{}'", key, field);
}

void check(const Reading& reading) {
  const auto& [type, mount] = reading.result;
  if (type.empty()) fail("type is required");
  if (mount.target.empty()) fail("target is required");
  struct Options {
    bool given;
    std::string_view type;
  };
  for (const Options options : {Options{reading.volume_options, "volume"}, Options{reading.bind_options, "bind"},
                                Options{reading.image_options, "image"}, Options{reading.tmpfs_options, "tmpfs"}}) {
    if (options.given && type != options.type)
      fail("cannot mix '{}-*' options with mount type '{}'", options.type, type);
  }
  if (!reading.force_recursive) return;
  if (!mount.read_only) fail("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
  if (mount.propagation != "rprivate")
    fail("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction");
}

}  // namespace

MountFlag parse_mount(const std::string& text) {
  Reading reading;
  for (const std::string& field : csv_fields(text)) read_field(reading, field);
  check(reading);
  auto& [type, mount] = reading.result;
  mount.kind = type == "bind" ? MountKind::kBind : type == "tmpfs" ? MountKind::kTmpfs : MountKind::kVolume;
  mount.source_must_exist = mount.kind == MountKind::kBind;
  mount.anonymous = mount.kind == MountKind::kVolume && mount.source.empty();
  return reading.result;
}

}  // namespace davit::cli
