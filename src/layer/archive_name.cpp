#include "layer/archive_name.h"

#include <climits>

#include "base/error.h"
#include "base/strings.h"

namespace davit::layer {

using base::Code;
using base::Error;

namespace {

constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kMetadataPrefix = ".wh..wh.";
constexpr std::string_view kOpaqueName = ".wh..wh..opq";

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
  throw Error::format(Code::kInvalidArgument, "layer entry '{}' {}", base::printable(path), why);
}

// A whiteout's name may be longer by its prefix, so that each name can be hidden; it never comes on a disk.
bool is_too_long(std::string_view part, bool whiteouts) {
  const bool is_whiteout = whiteouts && part.starts_with(kWhiteoutPrefix);
  return part.size() > NAME_MAX + (is_whiteout ? kWhiteoutPrefix.size() : 0);
}

std::string clean_path(std::string_view path, bool whiteouts) {
  if (path.find('\0') != std::string_view::npos) refuse(path, "has a NUL in its name");
  const bool absolute = path.starts_with('/');
  std::string clean;
  clean.reserve(std::min<std::size_t>(path.size(), PATH_MAX));
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (clean.empty() && !absolute) refuse(path, "leads out of the layer");
      clean.resize(parent_of(clean).size());
      continue;
    }
    if (is_too_long(part, whiteouts)) refuse(path, "has a name longer than 255 bytes");
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  if (clean.size() >= PATH_MAX) refuse(path, "has a path longer than 4095 bytes");
  return clean;
}

}  // namespace

std::string clean_archive_path(std::string_view path) { return clean_path(path, false); }

ArchiveName parse_archive_name(std::string_view path) {
  std::string clean = clean_path(path, true);
  if (clean.empty()) return {.kind = NameKind::kRoot, .parent = "", .name = ""};
  const bool has_whiteout = clean.find(kWhiteoutPrefix) != std::string::npos;
  ArchiveName result = {.kind = NameKind::kEntry, .parent = {}, .name = std::string(last_of(clean))};
  clean.resize(parent_of(clean).size());
  result.parent = std::move(clean);
  if (!has_whiteout) return result;

  for (const std::string& part : base::split(result.parent, '/')) {
    if (part.starts_with(kMetadataPrefix)) {
      result.kind = NameKind::kIgnored;
      return result;
    }
    if (part.starts_with(kWhiteoutPrefix)) refuse(path, "lies in a folder that is a whiteout");
  }
  if (result.name == kOpaqueName) {
    result.kind = NameKind::kOpaque;
  } else if (result.name.starts_with(kMetadataPrefix)) {
    result.kind = NameKind::kIgnored;
  } else if (result.name.starts_with(kWhiteoutPrefix)) {
    result.kind = NameKind::kWhiteout;
    result.name.erase(0, kWhiteoutPrefix.size());
    if (result.name.empty() || result.name == "." || result.name == "..") refuse(path, "is a whiteout of nothing");
  }
  return result;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join_path(std::string_view parent, std::string_view name) {
  std::string path;
  path.reserve(parent.size() + 1 + name.size());
  path += parent;
  if (!parent.empty()) path += '/';
  return path += name;
}

bool is_inside(std::string_view path, std::string_view folder) {
  if (folder.empty() || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace davit::layer
