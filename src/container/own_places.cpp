#include "container/own_places.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/fs/usage.h"

namespace davit::container {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

enum class Kind { kFolder, kFile, kLink };
struct OwnPlace {
  std::string_view path;
  Kind kind;
};
// A folder comes before what is in it.
constexpr std::array kOwnPlaces = {
    OwnPlace{"dev", Kind::kFolder},     OwnPlace{"dev/console", Kind::kFile},     OwnPlace{"dev/pts", Kind::kFolder},
    OwnPlace{"dev/shm", Kind::kFolder}, OwnPlace{"proc", Kind::kFolder},          OwnPlace{"sys", Kind::kFolder},
    OwnPlace{"etc", Kind::kFolder},     OwnPlace{"etc/hostname", Kind::kFile},    OwnPlace{"etc/hosts", Kind::kFile},
    OwnPlace{"etc/mtab", Kind::kLink},  OwnPlace{"etc/resolv.conf", Kind::kFile}, OwnPlace{".dockerenv", Kind::kFile},
};
constexpr std::string_view kMtabTarget = "/proc/mounts";
constexpr mode_t kFolderMode = 0755;

void make(const fs::Directory& folder, const std::string& name, Kind kind) try {
  switch (kind) {
    case Kind::kFolder:
      folder.make_directory(name, kFolderMode);
      return folder.set_mode(name, kFolderMode);  // whatever our umask is
    case Kind::kFile:
      folder.create_file(name, 0755).set_mode(0755);
      return;
    case Kind::kLink:
      return folder.symbolic_link(std::string(kMtabTarget), name);
  }
} catch (const base::Error& error) {
  if (error.code() != base::Code::kConflict) throw;  // there by now
}

bool is_as_made(const OwnPlace& place, const struct stat& status) {
  switch (place.kind) {
    case Kind::kFolder:
      return S_ISDIR(status.st_mode);
    case Kind::kFile:
      return S_ISREG(status.st_mode) && status.st_size == 0;
    case Kind::kLink:
      return S_ISLNK(status.st_mode) && status.st_size == static_cast<off_t>(kMtabTarget.size());
  }
  return false;
}

}  // namespace

void make_own_places(const fs::Directory& root) {
  for (const auto& place : kOwnPlaces) {
    const stdfs::path path(place.path);
    const auto folder = root.open_inside(path.parent_path());
    if (!folder || folder->status(path.filename())) continue;  // an image may have a file where a folder should be
    make(*folder, path.filename(), place.kind);
  }
}

std::set<std::string> own_places_in(const fs::Directory& upper) {
  std::set<std::string> found;
  for (auto place = kOwnPlaces.rbegin(); place != kOwnPlaces.rend(); ++place) {
    const stdfs::path path(place->path);
    const auto folder = upper.open_inside(path.parent_path());
    const auto status = folder ? folder->status(path.filename()) : std::nullopt;
    if (!status || !is_as_made(*place, *status)) continue;
    if (place->kind == Kind::kFolder) {
      const auto names = folder->child(path.filename())->list();
      const bool only_ours = std::all_of(
          names.begin(), names.end(), [&](const std::string& name) { return found.contains((path / name).string()); });
      if (!only_ours) continue;
    }
    found.insert(path.string());
  }
  return found;
}

std::uint64_t written_size(const stdfs::path& upper) {
  const std::uint64_t size = fs::measure_tree(upper).size;
  const bool has_link = size > 0 && own_places_in(fs::Directory::open(upper)).contains("etc/mtab");
  return has_link ? size - kMtabTarget.size() : size;
}

void make_place(const fs::Directory& root, const stdfs::path& path, bool folder) {
  stdfs::path done;
  for (auto part = path.begin(); part != path.end(); ++part) {
    const auto parent = root.open_inside(done);
    if (!parent) throw base::Error::format(base::Code::kConflict, "/{} is not a folder", done.string());
    done /= *part;
    if (root.open_path_inside(done)) continue;
    make(*parent, *part, std::next(part) != path.end() || folder ? Kind::kFolder : Kind::kFile);
  }
}

}  // namespace davit::container
