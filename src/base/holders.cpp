#include "base/holders.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"

namespace davit::base {

namespace {

constexpr std::size_t kLongest = 128;

void check(const std::string& holder) {
  const bool printable_ascii =
      std::all_of(holder.begin(), holder.end(), [](char c) { return c >= ' ' && c <= '~' && c != '/'; });
  if (holder.empty() || holder.size() > kLongest || !printable_ascii || holder.front() == '.' ||
      trim(holder).size() != holder.size()) {
    throw Error::format(Code::kInvalidArgument, "invalid name of a holder: \"{}\"", printable(holder));
  }
}

}  // namespace

void Holders::add(const std::string& holder) {
  check(holder);
  fs::make_directories(folder_);
  fs::write_file_durably(folder_ / holder, "");
  // The folder's own name, and that of the one it may have been made in.
  fs::sync_directory(folder_.parent_path());
  fs::sync_directory(folder_.parent_path().parent_path());
}

void Holders::remove(const std::string& holder) {
  check(holder);
  if (fs::remove(folder_ / holder)) fs::sync_directory(folder_);
}

std::vector<std::string> Holders::list() const {
  auto names = fs::list(folder_);
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });  // one being written
  return names;
}

}  // namespace davit::base
