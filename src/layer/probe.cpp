#include "layer/probe.h"

#include <exception>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "base/file_lock.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/process.h"

namespace davit::layer {

namespace fs = base::fs;

namespace {

constexpr const char* kScratch = "probe-";
constexpr const char* kLock = "probing";

// Its file goes with it, so it is good only while that has its name.
base::FileLock lock_probes(const std::filesystem::path& file) {
  while (true) {
    base::FileLock lock = base::FileLock::acquire(file);
    if (lock.still_named(file)) return lock;
  }
}

// For one at a time.
std::string ask_alone(const std::filesystem::path& folder, const std::function<std::string()>& ask) {
  for (const auto& name : fs::list(folder)) {
    if (name.starts_with(kScratch)) fs::remove_tree(folder / name);  // of a probe that died
  }
  return ask();
}

}  // namespace

void probe_unseen(const std::filesystem::path& folder,
                  const std::function<void(const std::filesystem::path& scratch)>& work) {
  const fs::TemporaryDirectory scratch(folder, kScratch);
  std::exception_ptr failure;
  std::jthread([&] {
    try {
      fs::enter_private_mount_namespace();
      work(scratch.path());
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

std::string probe_once(const std::filesystem::path& folder, const std::function<std::string()>& ask) {
  const auto device = fs::Directory::open(folder.parent_path()).status(folder.filename());
  const std::string key = fmt::format("{} {}\n", base::boot_id(), device ? device->st_dev : 0);
  const auto file = folder / "probed";
  const auto noted = [&]() -> std::optional<std::string> {
    const auto text = fs::read_file_if_exists(file);
    if (!text || !text->starts_with(key)) return std::nullopt;
    return text->substr(key.size());
  };
  if (auto answer = noted()) return *answer;
  const base::FileLock alone = lock_probes(folder / kLock);
  try {
    std::optional<std::string> answer = noted();  // by another meanwhile
    if (!answer) {
      answer = ask_alone(folder, ask);
      fs::write_file(file, key + *answer);
    }
    fs::remove(folder / kLock);
    return *answer;
  } catch (...) {
    fs::remove(folder / kLock);
    throw;
  }
}

}  // namespace davit::layer
