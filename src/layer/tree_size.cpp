#include "layer/tree_size.h"

#include <set>
#include <utility>

namespace davit::layer {

namespace {

using base::fs::Directory;

class Measure {
 public:
  void add(const Directory& parent, const std::string& name) {
    const auto status = parent.status(name);
    if (!status) return;
    const bool counted =
        !S_ISDIR(status->st_mode) && status->st_nlink > 1 && !links_.emplace(status->st_dev, status->st_ino).second;
    if (!counted) {
      sum_.disk_bytes += static_cast<std::uint64_t>(status->st_blocks) * 512;
      if (S_ISREG(status->st_mode) || S_ISLNK(status->st_mode))
        sum_.size += static_cast<std::uint64_t>(status->st_size);
    }
    if (!S_ISDIR(status->st_mode)) return;
    const auto folder = parent.child(name);
    if (!folder) return;
    for (const auto& entry : folder->list()) {
      ++sum_.entries;
      add(*folder, entry);
    }
  }
  TreeSize sum() const { return sum_; }

 private:
  TreeSize sum_;
  std::set<std::pair<dev_t, ino_t>> links_;
};

}  // namespace

TreeSize measure_tree(const Directory& parent, const std::string& name) {
  Measure measure;
  measure.add(parent, name);
  return measure.sum();
}

}  // namespace davit::layer
