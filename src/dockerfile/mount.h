#pragma once
// RUN --mount (Dockerfile reference, "RUN --mount").

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace davit::dockerfile {

enum class MountType { kBind, kCache, kTmpfs, kSecret, kSsh };
enum class CacheSharing { kShared, kPrivate, kLocked };

std::string_view name(MountType type);
std::string_view name(CacheSharing sharing);

struct Mount {
  MountType type = MountType::kBind;
  std::string from;    // a stage, an image or a named context; empty: the build context (a cache: nothing)
  std::string source;  // bind, cache: in from. secret: its ID, as `id` is
  std::string target;  // empty where none is given: what that means depends on the type
  bool read_only = true;
  std::int64_t size_bytes = 0;          // tmpfs; 0: no limit
  std::string id;                       // cache, secret, ssh
  std::optional<CacheSharing> sharing;  // cache; nothing: shared
  bool required = false;                // secret, ssh
  std::optional<std::string> env;       // secret: as this variable; empty: named as the secret is
  std::optional<std::uint32_t> mode;    // cache, secret, ssh
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  bool operator==(const Mount&) const = default;
};

// The value of a --mount flag: key=value fields as of CSV. Each value goes through the function, which replaces
// variables. Throws Error(kInvalidArgument) in BuildKit's words.
Mount parse_mount(std::string_view text, const std::function<std::string(std::string_view)>& expand);

// What can be told of it before variables are known: its `from`. Throws Error(kInvalidArgument): a from with a
// variable.
std::string mount_from(std::string_view text);

}  // namespace davit::dockerfile
