#include "store/leases.h"

#include <mutex>
#include <optional>

#include <sys/stat.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "store/store_lock.h"

namespace davit::store {

namespace fs = base::fs;
using std::filesystem::path;

namespace {

path folder_of(const path& root) { return root / "leases"; }

class FileLease final : public Lease {
 public:
  explicit FileLease(const path& root) : root_(root), path_(folder_of(root) / base::random_hex(16)) {
    // Under the store's lock, so that no collection takes the file for abandoned before it is held.
    const StoreLock lock = StoreLock::acquire(root_);
    held_.emplace(base::FileLock::acquire(path_));
  }

  ~FileLease() override {
    try {
      fs::remove(path_);
    } catch (const base::Error& error) {
      base::log::warn("{}", error.message());  // the next collection finds it held by nobody
    }
  }

  void add(const oci::Digest& digest) override {
    const std::string line = digest.text() + "\n";
    const std::lock_guard one_at_a_time(mutex_);
    const StoreLock lock = StoreLock::acquire(root_);
    held_->file().write_at(base::as_byte_view(line), size_);
    size_ += line.size();
  }

 private:
  path root_;
  path path_;
  std::mutex mutex_;
  std::optional<base::FileLock> held_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Lease> make_lease(const path& root) { return std::make_unique<FileLease>(root); }

std::vector<oci::Digest> leased(const path& root) {
  std::vector<oci::Digest> digests;
  for (const std::string& name : fs::list(folder_of(root))) {
    const path file = folder_of(root) / name;
    if (!base::FileLock::is_held(file)) {
      fs::remove(file);
      continue;
    }
    const auto text = fs::read_file_if_exists(file);
    if (!text) continue;
    for (const std::string& line : base::split(*text, '\n')) {
      // A line that is no digest was cut by a full disk: its add() threw, and promised nothing.
      if (auto digest = oci::Digest::try_parse(line)) digests.push_back(std::move(*digest));
    }
  }
  return digests;
}

std::string leases_state(const path& root) {
  std::string state;
  for (const std::string& name : fs::list(folder_of(root))) {
    struct stat status {};
    const bool there = ::stat((folder_of(root) / name).c_str(), &status) == 0;
    state += name + " " + (there ? std::to_string(status.st_size) : "gone") + "\n";
  }
  return state;
}

}  // namespace davit::store
