#include "container/changes.h"

#include <algorithm>
#include <optional>

#include "base/interrupt.h"
#include "container/own_places.h"
#include "container/root_view.h"

namespace davit::container {

namespace {

namespace fs = base::fs;

constexpr const char* kOpaque = "trusted.overlay.opaque";
constexpr const char* kCapability = "security.capability";

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == 0; }

bool is_opaque(const fs::Directory& folder) {
  const auto xattrs = folder.own_xattrs();
  return std::any_of(xattrs.begin(), xattrs.end(),
                     [](const auto& xattr) { return xattr.first == kOpaque && xattr.second == "y"; });
}

bool same_time(const struct timespec& a, const struct timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

class Comparison {
 public:
  explicit Comparison(const fs::Directory& upper) : own_(own_places_in(upper)) {}

  // `image`: the folder of that name in the image, where there is one.
  void compare(const fs::Directory& upper, const fs::Directory* image, const std::string& path) {
    auto names = upper.list();
    const bool hides = image != nullptr && is_opaque(upper);
    if (hides) {
      for (auto& name : image->list()) names.push_back(std::move(name));
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
    }
    for (const auto& name : names) {
      base::check_interrupted();
      compare(upper, image, name, path + "/" + name);
    }
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  void compare(const fs::Directory& upper, const fs::Directory* image, const std::string& name,
               const std::string& path) {
    const auto now = upper.status(name);
    const auto before = image == nullptr ? std::nullopt : image->status(name);
    if (!now || is_whiteout(*now)) {
      if (before) add(ChangeKind::kDeleted, path);
      return;
    }
    if (!before && own_.contains(path.substr(1))) return;
    const std::size_t place = changes_.size();
    if (S_ISDIR(now->st_mode)) {
      const auto folder = upper.child(name);
      const auto folder_before = before && S_ISDIR(before->st_mode) ? image->child(name) : std::nullopt;
      if (folder) compare(*folder, folder_before ? &*folder_before : nullptr, path);
    }
    const bool inside = changes_.size() > place;
    if (before && !inside && !differs(upper, *now, *image, *before, name)) return;
    changes_.insert(changes_.begin() + static_cast<std::ptrdiff_t>(place),
                    {before ? ChangeKind::kModified : ChangeKind::kAdded, path});
  }

  static bool differs(const fs::Directory& upper, const struct stat& now, const fs::Directory& image,
                      const struct stat& before, const std::string& name) {
    if (now.st_mode != before.st_mode || now.st_uid != before.st_uid || now.st_gid != before.st_gid ||
        now.st_rdev != before.st_rdev)
      return true;
    if (S_ISDIR(now.st_mode)) return false;
    return now.st_size != before.st_size || !same_time(now.st_mtim, before.st_mtim) ||
           upper.xattr(name, kCapability) != image.xattr(name, kCapability);
  }

  void add(ChangeKind kind, const std::string& path) { changes_.push_back({kind, path}); }

  std::set<std::string> own_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> changes_between(const fs::Directory& upper, const fs::Directory& image) {
  Comparison comparison(upper);
  comparison.compare(upper, &image, "");
  return comparison.take();
}

std::vector<Change> changes_of(ContainerStore& containers, const std::string& id) {
  const auto held = containers.hold(id);
  std::vector<Change> changes;
  with_image_root(containers, held, [&](const fs::Directory& image) {
    changes = changes_between(fs::Directory::open(held.folder() / "upper"), image);
  });
  return changes;
}

}  // namespace davit::container
