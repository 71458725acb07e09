#include "cli/id_file.h"

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "cli/arguments.h"

namespace davit::cli {

namespace fs = base::fs;

IdFile::IdFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.empty()) return;
  const std::string shown = path_.string();
  try {
    fs::File::open(path_, {.access = fs::Access::kWrite, .create = fs::Create::kExclusive, .mode = 0644});
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kConflict) {
      throw ClientError("container ID file found, make sure the other container isn't running or delete " + shown,
                        base::Code::kConflict);
    }
    throw ClientError("failed to create the container ID file: " + error.message(), error.code());
  }
}

IdFile::~IdFile() {
  if (path_.empty() || written_) return;
  try {
    fs::remove(path_);
  } catch (const base::Error& error) {
    base::log::warn("{} stays: {}", path_.string(), error.message());
  }
}

void IdFile::write(const std::string& id) {
  if (path_.empty()) return;
  try {
    fs::File::open(path_, {.access = fs::Access::kWrite}).write(base::as_byte_view(id));
    written_ = true;
  } catch (const base::Error& error) {
    throw ClientError("failed to write the container ID to the file: " + error.message(), error.code());
  }
}

}  // namespace davit::cli
