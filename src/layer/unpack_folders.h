#pragma once
// The folders of a layer that is being unpacked: finds the one an entry belongs in, making those that the archive
// implies, and sets at the end what must come last. Part of unpack.cpp.

#include <ctime>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

#include "base/fs/tree.h"

namespace davit::layer {

inline constexpr std::string_view kOpaqueXattr = "trusted.overlay.opaque";
inline constexpr mode_t kImpliedMode = 0755;

bool is_whiteout(const struct stat& status);  // a character device 0:0

// What is known of a folder in the tree, by its path with all links resolved.
struct FolderState {
  struct timespec mtime = {0, 0};
  mode_t mode = kImpliedMode;
  base::fs::Ownership owner = {};
  bool implied = false;
  base::fs::Xattrs late_xattrs = {};  // default ACLs, which files made in the folder would inherit
};

// A folder held open.
struct OpenFolder {
  base::fs::Directory directory;
  std::string path;  // inside the layer, links resolved
  gid_t gid = 0;     // what files made in it are owned by is ours, or this where the mount or a setgid bit says so
  bool setgid = false;
};
using FolderPtr = std::shared_ptr<const OpenFolder>;

// Links are resolved here, name by name, as if the layer's root were /: each folder is opened from its parent with
// O_NOFOLLOW and no link is ever left to the kernel, so nothing outside can be reached. Not thread-safe.
class UnpackFolders {
 public:
  // Makes the layer's root as the new folder `name` in `parent`, which outlives this.
  UnpackFolders(const base::fs::Directory& parent, std::string name);

  // The folder that a clean path leads to. open() makes what is missing; it throws Error(kInvalidArgument) where a file
  // stands in the way or links turn in a circle. find() returns null instead.
  FolderPtr open(const std::string& path);
  FolderPtr find(const std::string& path);
  const FolderPtr& root() const { return root_; }

  // How to name a folder of the tree in an …at call: the root is a name in its parent, too.
  struct Name {
    const base::fs::Directory& parent;
    std::string name;
    FolderPtr keep_open;
  };
  Name name_of(const std::string& resolved_path);

  // A folder was made, or is to have other attributes.
  void set_state(const std::string& resolved_path, FolderState state);
  FolderState& state(const std::string& resolved_path);
  // A link, or a folder with all in it, was removed.
  void removed(const std::string& resolved_path);
  void mark_opaque(const std::string& resolved_path);

  // Late xattrs and times. Call once, after the last entry.
  void finish();

  std::vector<std::string> implied() const;   // without the root; sorted
  std::size_t made() const { return made_; }  // implied folders made so far, also those that are listed since
  mode_t umask() const { return umask_; }

 private:
  FolderPtr look_up(const std::string& path, bool make);
  FolderPtr step(const FolderPtr& from, const std::string& name, bool make, int& links);
  FolderPtr follow(const FolderPtr& from, const std::string& target, bool make, int& links);
  FolderPtr opened(base::fs::Directory directory, std::string path) const;
  void make_implied(const FolderPtr& in, const std::string& name, FolderState state);

  const base::fs::Directory& parent_;
  std::string name_;
  mode_t umask_;
  FolderPtr root_;
  std::map<std::string, FolderState, std::less<>> states_;
  std::size_t made_ = 0;

  // The folders used last, by the path that led to them.
  static constexpr std::size_t kOpenFolders = 64;
  std::list<std::pair<std::string, FolderPtr>> recent_;
  std::unordered_map<std::string_view, decltype(recent_)::iterator> by_path_;
};

}  // namespace davit::layer
