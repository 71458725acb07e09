#pragma once
// --cidfile.

#include <filesystem>
#include <string>

namespace davit::cli {

// The file that gets the new container's ID: made empty, and gone again unless write() came. Without a path it does
// nothing.
class IdFile {
 public:
  // Throws ClientError in docker's words when the file exists, or cannot be made.
  explicit IdFile(std::filesystem::path path);
  ~IdFile();
  IdFile(const IdFile&) = delete;
  IdFile& operator=(const IdFile&) = delete;

  void write(const std::string& id);

 private:
  std::filesystem::path path_;
  bool written_ = false;
};

}  // namespace davit::cli
