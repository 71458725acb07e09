#include "store/record_folder.h"

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"

namespace davit::store {

namespace fs = base::fs;
using base::Error;

void RecordFolder::follow(const Event& event) const {
  if (const auto* added = std::get_if<ImageAdded>(&event)) put(added->record);
  if (const auto* removed = std::get_if<ImageRemoved>(&event)) remove(name_of(removed->image));
}

void RecordFolder::put(const ImageRecord& record) const {
  const std::string name = name_of(record.id);
  const std::string text = write_record(record);
  if (const auto copy = read(name); copy && write_record(*copy) == text) return;
  fs::write_file_durably(path_ / name, text + "\n");
}

void RecordFolder::remove(const std::string& name) const {
  if (fs::remove(path_ / name)) fs::sync_directory(path_);
}

std::uint64_t RecordFolder::disk_bytes(const oci::Digest& image) const {
  return fs::disk_bytes_of(path_ / name_of(image));
}

std::vector<std::string> RecordFolder::names() const {
  std::vector<std::string> names = fs::list(path_);
  std::erase_if(names, [](const std::string& name) { return name.starts_with("."); });
  return names;
}

std::optional<ImageRecord> RecordFolder::read(const std::string& name) const try {
  const auto text = fs::read_file_if_exists(path_ / name);
  if (!text) return std::nullopt;
  ImageRecord record = read_record(*text);
  if (name_of(record.id) != name) throw Error::format(base::Code::kCorrupt, "it tells of {}", record.id.text());
  return record;
} catch (const Error& error) {
  base::log::warn("'{}' is damaged: {}", (path_ / name).string(), error.message());
  return std::nullopt;
}

}  // namespace davit::store
