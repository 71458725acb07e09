#pragma once
// ROOT/images/: a copy of each image's record in a file of its own, for the day on which the journal is lost. Private
// to src/store; docs/formats/store.md, "Image records". Whoever uses it holds the store's lock.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/records.h"

namespace davit::store {

class RecordFolder {
 public:
  explicit RecordFolder(std::filesystem::path path) : path_(std::move(path)) {}

  static std::string name_of(const oci::Digest& image) { return image.hex() + ".json"; }

  // Does to the copies what an event says; again does no harm. Durable on return.
  void follow(const Event& event) const;
  void put(const ImageRecord& record) const;  // writes nothing where the copy is right
  void remove(const std::string& name) const;

  std::uint64_t disk_bytes(const oci::Digest& image) const;  // of its copy; 0 when there is none

  std::vector<std::string> names() const;  // of copies, sorted
  // Nothing, with a warning, when the copy is damaged.
  std::optional<ImageRecord> read(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

}  // namespace davit::store
