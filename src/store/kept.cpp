#include "store/kept.h"

#include <boost/json.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/log.h"

namespace davit::store {

namespace fs = base::fs;
namespace json = boost::json;

namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;

std::string to_text(const KeptEntry& entry) {
  json::array digests;
  for (const auto& digest : entry.digests) digests.emplace_back(digest.text());
  return json::serialize(json::object{{"digests", std::move(digests)}, {"note", entry.note}});
}

KeptEntry parse(const std::string& text) {
  const auto value = json::parse(text);
  KeptEntry entry;
  for (const auto& digest : value.at("digests").as_array())
    entry.digests.push_back(oci::Digest::parse(std::string(digest.as_string())));
  entry.note = value.at("note").as_string().c_str();
  return entry;
}

}  // namespace

void KeptContent::put(const std::string& name, const KeptEntry& entry) const {
  fs::make_directories(folder_);
  fs::write_file(folder_ / name, to_text(entry));
}

std::optional<KeptEntry> KeptContent::look(const std::string& name) const try {
  const auto text = fs::read_file_if_exists(folder_ / name, kMostBytes);
  if (!text) return {};
  return parse(*text);
} catch (const std::exception& error) {  // cut short by a power cut
  base::log::debug("{} is not read: {}", (folder_ / name).string(), error.what());
  return {};
}

std::optional<KeptEntry> KeptContent::use(const std::string& name) const {
  auto entry = look(name);
  if (!entry) return {};
  try {
    fs::Directory::open(folder_).set_mtime(name, {.tv_sec = 0, .tv_nsec = UTIME_NOW});
  } catch (const base::Error& error) {  // it was removed just now; its content is leased by who uses it
    base::log::debug("{}", error.message());
  }
  return entry;
}

std::vector<std::string> KeptContent::names() const {
  auto names = fs::list(folder_);
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
  return names;
}

base::Time KeptContent::last_use(const std::string& name) const {
  struct stat status {};
  if (::stat((folder_ / name).c_str(), &status) != 0) return {};
  return base::Time(std::chrono::seconds(status.st_mtim.tv_sec));
}

void KeptContent::remove(const std::string& name) const { fs::remove(folder_ / name); }

std::vector<oci::Digest> KeptContent::digests() const {
  std::vector<oci::Digest> all;
  for (const auto& name : names()) {
    if (auto entry = look(name)) all.insert(all.end(), entry->digests.begin(), entry->digests.end());
  }
  return all;
}

std::string KeptContent::state() const {
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0) return {};
  return std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace davit::store
