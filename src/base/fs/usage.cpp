#include "base/fs/usage.h"

#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include <fts.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"

namespace davit::base::fs {

namespace {

constexpr std::uint64_t kBlockUnit = 512;  // of st_blocks, whatever the file system's own

struct CloseWalk {
  void operator()(FTS* walk) const { ::fts_close(walk); }
};

std::uint64_t blocks_of(const struct stat& status) { return static_cast<std::uint64_t>(status.st_blocks) * kBlockUnit; }

class Measure {
 public:
  void add(const FTSENT& entry) {
    switch (entry.fts_info) {
      case FTS_DP:
        return;
      case FTS_NS:
      case FTS_DNR:
      case FTS_ERR:
        if (entry.fts_errno != ENOENT) {
          log::warn("'{}' is not counted: {}", entry.fts_path, std::generic_category().message(entry.fts_errno));
        }
        return;
      default:
        count(*entry.fts_statp, entry.fts_level > 0);
    }
  }

  TreeUsage sum() const { return sum_; }

 private:
  void count(const struct stat& status, bool inside) {
    if (!inside) device_ = status.st_dev;
    if (status.st_dev != device_) return;  // a mount point
    if (inside) ++sum_.entries;
    const bool folder = S_ISDIR(status.st_mode);
    if (!folder && status.st_nlink > 1 && !links_.insert(status.st_ino).second) return;
    sum_.disk_bytes += blocks_of(status);
    if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) sum_.size += static_cast<std::uint64_t>(status.st_size);
  }

  TreeUsage sum_;
  dev_t device_ = 0;
  std::set<ino_t> links_;
};

}  // namespace

TreeUsage& TreeUsage::operator+=(const TreeUsage& other) {
  size += other.size;
  disk_bytes += other.disk_bytes;
  entries += other.entries;
  return *this;
}

TreeUsage measure_tree(const std::filesystem::path& path) {
  std::string text = path.string();
  char* const paths[] = {text.data(), nullptr};
  const std::unique_ptr<FTS, CloseWalk> walk(::fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr));
  if (!walk) throw_errno(errno, "list " + text);
  Measure measure;
  while (const FTSENT* entry = ::fts_read(walk.get())) {
    check_interrupted();
    measure.add(*entry);
  }
  return measure.sum();
}

std::uint64_t disk_bytes_of(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 ? blocks_of(status) : 0;
}

std::optional<Time> changed_at(const std::filesystem::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return Time(std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

}  // namespace davit::base::fs
