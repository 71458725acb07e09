#include "layer/adapted_layer.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/fs/copy.h"
#include "layer/archive_name.h"
#include "layer/overlay_form.h"

namespace davit::layer {

using base::fs::Directory;

namespace {

class Adapter {
 public:
  Adapter(const MergedTree& below, const std::filesystem::path& layer, const std::vector<std::string>& implied,
          const Directory& parent, const std::string& name)
      : below_(below), layer_({layer}), implied_(implied.begin(), implied.end()), out_parent_(parent), out_name_(name) {
    out_parent_.make_directory(out_name_, kImpliedMode);
    out_.emplace(*out_parent_.child(out_name_));
  }

  bool run() {
    for (const std::string& path : implied_) {
      if (was_moved(path) || is_cut_off(path)) continue;
      const auto lower = below_.find(path, Links::kNone);
      if (!lower) continue;
      if (lower->is_directory()) {
        ensure(path);
      } else if (lower->is_symlink()) {
        if (const auto target = link_to_folder(path)) move(path, *lower, *target);
      }
    }
    for (const auto& [path, mtime] : mtimes_) {
      const Place place = place_of(path);
      place.parent->set_mtime(place.name, mtime);
    }
    return !mtimes_.empty();
  }

 private:
  struct Place {
    std::shared_ptr<const Directory> keep;
    const Directory* parent;
    std::string name;
  };

  // Of a path in the adapted layer, whose parents are folders there.
  Place place_of(const std::string& path) const {
    if (path.empty()) return {.keep = nullptr, .parent = &out_parent_, .name = out_name_};
    auto folder = out_->open_inside(parent_of(path));
    if (!folder) throw base::Error::format(base::Code::kInternal, "no folder for '{}' in an adapted layer", path);
    auto keep = std::make_shared<const Directory>(std::move(*folder));
    const Directory* parent = keep.get();
    return {.keep = std::move(keep), .parent = parent, .name = std::string(last_of(path))};
  }

  // Its entries were placed behind a link already.
  bool was_moved(const std::string& path) const {
    for (const std::string& folder : moved_) {
      if (is_inside(path, folder)) return true;
    }
    return false;
  }

  // An opaque folder of the layer hides what lower layers have at the path.
  bool is_cut_off(std::string_view path) const {
    while (!path.empty()) {
      path = parent_of(path);
      const auto folder = layer_.find(path, Links::kNone);
      if (folder && folder->folder->xattr(folder->name, std::string(kOpaqueXattr)) == "y") return true;
    }
    return false;
  }

  // Where the link at the path leads in the lower layers, if to a folder.
  std::optional<std::string> link_to_folder(const std::string& path) const {
    auto target = below_.resolve(path);
    if (!target || is_inside(*target, path)) return std::nullopt;
    const auto entry = below_.find(*target, Links::kNone);
    if (entry && !entry->is_directory()) return std::nullopt;
    return target;
  }

  // The entry that decides a folder's attributes in the tree that the layer and those below make: the layer's own if it
  // is listed there, else the nearest below, else the implied one.
  std::optional<MergedEntry> decisive(const std::string& path) const {
    auto own = layer_.find(path, Links::kNone);
    if (own && !own->is_directory()) own.reset();
    if (own && !implied_.contains(path)) return own;
    if (!is_cut_off(path)) {
      if (auto lower = below_.find(path, Links::kNone); lower && lower->is_directory()) return lower;
    }
    return own;
  }

  // Makes the folder and its parents in the adapted layer, with their right attributes.
  void ensure(const std::string& path) {
    if (mtimes_.contains(path)) return;
    if (!path.empty()) ensure(std::string(parent_of(path)));
    const Place place = place_of(path);
    if (!path.empty()) {
      remove(path, place);  // a file that stood behind a link too: one of two equals, the folder stays
      place.parent->make_directory(place.name, kImpliedMode);
    }
    give_attributes(decisive(path), path, place);
  }

  void give_attributes(const std::optional<MergedEntry>& from, const std::string& path, const Place& place) {
    if (from) {
      copy_attributes(*from, *place.parent, place.name);
    } else {
      place.parent->set_mode(place.name, kImpliedMode);
    }
    mtimes_[path] = from ? from->status.st_mtim : timespec{0, 0};
  }

  // The layer's folder `path` is a link to the folder `target` below.
  void move(const std::string& path, const MergedEntry& link, const std::string& target) {
    moved_.insert(path);
    ensure(std::string(parent_of(path)));
    const auto own = layer_.find(path, Links::kNone);
    const bool opaque = own && own->folder->xattr(own->name, std::string(kOpaqueXattr)) == "y";
    // Opaque, the folder behind the link hides also what this layer itself has there: take that along.
    if (opaque) mirror(target, target);
    mirror(path, target);
    if (opaque) {
      const Place behind = place_of(target);
      behind.parent->set_xattr(behind.name, std::string(kOpaqueXattr), "y");
    }
    const Place place = place_of(path);
    place.parent->symbolic_link(link.link_target(), place.name);
    place.parent->set_owner(place.name, {link.status.st_uid, link.status.st_gid});
    place.parent->set_mtime(place.name, link.status.st_mtim);
  }

  // Places what the layer has in `from` into the adapted layer's folder `to`.
  void mirror(const std::string& from, const std::string& to) {
    ensure(to);
    const auto source = layer_.find(from, Links::kNone);
    if (!source || !source->is_directory()) return;
    const auto folder = source->name.empty() ? std::nullopt : source->folder->child(source->name);
    if (!folder) return;
    for (const std::string& name : folder->list()) {
      const auto status = folder->status(name);
      if (!status) continue;
      if (S_ISDIR(status->st_mode)) {
        mirror_folder(*folder, name, join_path(from, name), join_path(to, name));
      } else {
        mirror_file(*folder, name, *status, join_path(to, name));
      }
    }
  }

  void mirror_folder(const Directory& parent, const std::string& name, const std::string& from, const std::string& to) {
    if (implied_.contains(from)) {
      const auto lower = below_.find(to, Links::kNone);
      if (lower && lower->is_symlink()) {
        if (const auto target = link_to_folder(to)) return mirror(from, *target);
      }
      return mirror(from, to);
    }
    clear(to);
    const Place place = place_of(to);
    if (!mtimes_.contains(to)) place.parent->make_directory(place.name, kImpliedMode);
    give_attributes(layer_.find(from, Links::kNone), to, place);
    if (parent.xattr(name, std::string(kOpaqueXattr)) == "y") {
      place.parent->set_xattr(place.name, std::string(kOpaqueXattr), "y");
    }
    mirror(from, to);
  }

  void mirror_file(const Directory& parent, const std::string& name, const struct stat& status, const std::string& to) {
    // A whiteout hides what lower layers have, not what its own layer has.
    if (is_whiteout(status) && layer_.find(to, Links::kNone)) return;
    const Place place = place_of(to);
    if (mtimes_.contains(to)) return;  // a folder of the layer has the name behind the link: it stays
    remove(to, place);
    if (place.parent->try_hard_link(parent, name, place.name)) return;
    if (status.st_nlink == 1) return base::fs::copy_file(parent, name, *place.parent, place.name);
    std::set<std::string>& copies = copies_[status.st_ino];
    if (copies.empty()) {
      base::fs::copy_file(parent, name, *place.parent, place.name);
    } else {
      const Place earlier = place_of(*copies.begin());
      place.parent->hard_link(*earlier.parent, earlier.name, place.name);
    }
    copies.insert(to);
    copied_.emplace(to, status.st_ino);
  }

  // Removes a file that an earlier step has placed under the name.
  void clear(const std::string& to) {
    if (!mtimes_.contains(to)) remove(to, place_of(to));
  }

  void remove(const std::string& path, const Place& place) {
    place.parent->remove(place.name);
    if (const auto copy = copied_.extract(path)) copies_[copy.mapped()].erase(path);
  }

  const MergedTree& below_;
  MergedTree layer_;
  std::set<std::string> implied_;
  const Directory& out_parent_;
  const std::string& out_name_;
  std::optional<Directory> out_;
  std::map<std::string, struct timespec> mtimes_;  // of the folders made in the adapted layer
  std::set<std::string> moved_;
  // Of files with several names in the layer, where they had to be copied: their names here.
  std::map<ino_t, std::set<std::string>> copies_;
  std::map<std::string, ino_t> copied_;
};

}  // namespace

void copy_attributes(const MergedEntry& from, const Directory& parent, const std::string& name) {
  parent.set_owner(name, {from.status.st_uid, from.status.st_gid});
  parent.set_mode(name, from.status.st_mode & 07777);
  for (const auto& [key, value] : from.xattrs()) parent.set_xattr(name, key, value);
}

bool make_adapted_layer(const MergedTree& below, const std::filesystem::path& layer,
                        const std::vector<std::string>& implied, const Directory& parent, const std::string& name) {
  return Adapter(below, layer, implied, parent, name).run();
}

}  // namespace davit::layer
