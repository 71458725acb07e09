#include "build/file_digests.h"

#include <chrono>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/hash.h"
#include "layer/file_bytes.h"

namespace davit::build {

namespace fs = base::fs;

namespace {

constexpr std::size_t kMostBytes = 256 * 1024 * 1024;
// A file that changed so lately may change once more without another time.
constexpr auto kYoung = std::chrono::seconds(2);

std::string key_of(const struct stat& status) {
  return fmt::format("{:x}:{:x}:{:x}:{:x}.{:x}:{:x}.{:x}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

bool is_young(const struct stat& status) {
  const auto changed =
      base::Time(std::chrono::seconds(status.st_ctim.tv_sec) + std::chrono::nanoseconds(status.st_ctim.tv_nsec));
  return base::now() - changed < kYoung;
}

}  // namespace

FileDigests::FileDigests(std::filesystem::path file) : file_(std::move(file)) {
  try {
    const auto text = fs::read_file_if_exists(file_, kMostBytes);
    for (const auto& line : base::split(text.value_or(""), '\n')) {
      const auto blank = line.find(' ');
      if (blank != std::string::npos && line.size() == blank + 65)
        known_.emplace(line.substr(0, blank), Known{.digest = line.substr(blank + 1)});
    }
  } catch (const base::Error& error) {
    base::log::debug("{}", error.message());
  }
}

std::string FileDigests::digest(const fs::File& file, const struct stat& status) {
  auto key = key_of(status);
  if (const auto found = known_.find(key); found != known_.end()) {
    found->second.asked = true;
    return found->second.digest;
  }
  codec::HashSink hash;
  layer::FileBytes bytes(file, status);
  base::copy(bytes, hash);
  auto digest = hash.digest().hex();
  if (!is_young(status)) {
    known_.emplace(std::move(key), Known{.digest = digest, .asked = true});
    changed_ = true;
  }
  return digest;
}

void FileDigests::save() const {
  if (!changed_) return;
  std::string text;
  for (const auto& [key, known] : known_) {
    if (known.asked) text += key + " " + known.digest + "\n";
  }
  fs::make_directories(file_.parent_path());
  fs::write_file(file_, text);
}

}  // namespace davit::build
