#include "layer/merged_tree.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "layer/archive_name.h"
#include "layer/overlay_form.h"

namespace davit::layer {

using base::fs::Directory;
using DirectoryPtr = std::shared_ptr<const Directory>;

namespace {

constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS

bool is_opaque(const Directory& parent, const std::string& name) {
  return parent.xattr(name, std::string(kOpaqueXattr)) == "y";
}

}  // namespace

// A folder of the merged tree: the folders of the layers that it is made of.
struct MergedTree::Folder {
  MergedEntry entry;
  std::vector<DirectoryPtr> parts;  // top first
  FolderPtr parent;                 // null for the root
};

struct MergedTree::Found {
  MergedEntry entry;
  FolderPtr folder;  // null for all else
};

// Where a walk along a path has come to. Once something is missing, `missing` collects the rest of the names.
struct MergedTree::Walk {
  FolderPtr at;
  std::optional<MergedEntry> last;  // set when the walk ended at no folder
  std::string missing;
  bool blocked = false;  // by a file that is used as a folder, a circle of links, or a link that is not to be followed
  int links = 0;
};

base::fs::Xattrs MergedEntry::xattrs() const {
  base::fs::Xattrs all = folder->xattrs(name);
  std::erase_if(all, [](const auto& attribute) { return attribute.first.starts_with("trusted.overlay."); });
  return all;
}

MergedTree::MergedTree(const std::vector<std::filesystem::path>& layers) {
  auto root = std::make_shared<Folder>();
  for (const auto& path : layers) {
    auto parent = std::make_shared<const Directory>(Directory::open(path.parent_path()));
    const std::string name = path.filename();
    if (root->parts.empty()) {
      const auto status = parent->status(name);
      if (!status) throw base::Error::format(base::Code::kNotFound, "layer folder {} is missing", path.string());
      root->entry = {.path = "", .status = *status, .folder = parent, .name = name};
    }
    root->parts.push_back(std::make_shared<const Directory>(Directory::open(path)));
    if (is_opaque(*parent, name)) break;
  }
  root_ = std::move(root);
}

MergedTree::~MergedTree() = default;
MergedTree::MergedTree(MergedTree&&) noexcept = default;
MergedTree& MergedTree::operator=(MergedTree&&) noexcept = default;

std::optional<MergedTree::Found> MergedTree::look_up(const FolderPtr& in, const std::string& name) const {
  std::optional<MergedEntry> top;
  auto folder = std::make_shared<Folder>();
  for (const DirectoryPtr& part : in->parts) {
    const auto status = part->status(name);
    if (!status) continue;
    if (is_whiteout(*status)) break;
    if (!S_ISDIR(status->st_mode)) {
      if (!top) top = {.path = join_path(in->entry.path, name), .status = *status, .folder = part, .name = name};
      break;
    }
    auto child = part->child(name);
    if (!child) break;
    if (!top) top = {.path = join_path(in->entry.path, name), .status = *status, .folder = part, .name = name};
    folder->parts.push_back(std::make_shared<const Directory>(std::move(*child)));
    if (is_opaque(*part, name)) break;
  }
  if (!top) return std::nullopt;
  if (!top->is_directory()) return Found{.entry = *top, .folder = nullptr};
  folder->entry = *top;
  folder->parent = in;
  return Found{.entry = *top, .folder = folder};
}

void MergedTree::walk(Walk& state, std::string_view path, Links links) const {
  const std::vector<std::string> parts = base::split(path, '/');
  std::size_t last = parts.size();
  while (last > 0 && (parts[last - 1].empty() || parts[last - 1] == ".")) --last;
  for (std::size_t i = 0; i < last && !state.blocked; ++i) {
    const std::string& name = parts[i];
    if (name.empty() || name == ".") continue;
    if (state.last) {
      state.blocked = true;
    } else if (!state.missing.empty()) {
      state.missing = name == ".." ? std::string(parent_of(state.missing)) : join_path(state.missing, name);
    } else if (name == "..") {
      if (state.at->parent) state.at = state.at->parent;
    } else if (auto found = look_up(state.at, name); !found) {
      state.missing = name;
    } else if (found->folder) {
      state.at = found->folder;
    } else if (!found->entry.is_symlink() || (links != Links::kFollow && i + 1 == last)) {
      state.last = std::move(found->entry);
    } else if (links == Links::kNone || ++state.links > kMostLinks) {
      state.blocked = true;
    } else {
      const std::string target = found->entry.link_target();
      if (target.starts_with('/')) state.at = root_;
      walk(state, target, Links::kFollow);
    }
  }
}

std::optional<MergedEntry> MergedTree::find(std::string_view path, Links links) const {
  Walk state{.at = root_, .last = {}, .missing = {}};
  walk(state, path, links);
  if (state.blocked || !state.missing.empty()) return std::nullopt;
  return state.last ? state.last : state.at->entry;
}

std::optional<std::string> MergedTree::resolve(std::string_view path) const {
  Walk state{.at = root_, .last = {}, .missing = {}};
  walk(state, path, Links::kFollow);
  if (state.blocked) return std::nullopt;
  if (state.last) return state.last->path;
  return state.missing.empty() ? state.at->entry.path : join_path(state.at->entry.path, state.missing);
}

std::vector<std::string> MergedTree::list(std::string_view path) const {
  Walk state{.at = root_, .last = {}, .missing = {}};
  walk(state, path, Links::kFollow);
  if (state.blocked || state.last || !state.missing.empty()) return {};
  std::set<std::string> names;
  std::set<std::string> hidden;
  for (const DirectoryPtr& part : state.at->parts) {
    for (std::string& name : part->list()) {
      if (names.contains(name) || hidden.contains(name)) continue;
      const auto status = part->status(name);
      (status && is_whiteout(*status) ? hidden : names).insert(std::move(name));
    }
  }
  return {names.begin(), names.end()};
}

std::optional<base::fs::File> MergedTree::open_file(std::string_view path) const {
  const auto entry = find(path);
  if (!entry || !S_ISREG(entry->status.st_mode)) return std::nullopt;
  return entry->folder->open_file_inside(entry->name);
}

}  // namespace davit::layer
