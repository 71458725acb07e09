#pragma once
// For tests: EROFS images with the data of their files in an extra device, as the erofs driver's layers are.

#include <filesystem>
#include <string>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/io.h"
#include "codec/erofs.h"
#include "codec/file_tree.h"

namespace davit::test {

// Makes FOLDER/image and FOLDER/tar: a tree of one file of that name and content.
inline void write_erofs_image(const std::filesystem::path& folder, const std::string& name,
                              const std::string& content) {
  constexpr std::size_t kBlock = 512;
  std::string tar = std::string(kBlock, '-') + content;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock, '\0');
  codec::FileTree tree;
  codec::FileNode file;
  file.mode = 0644;
  file.size = content.size();
  file.data = kBlock;
  tree.add(codec::kRootNode, name, file);
  base::StringSink image;
  codec::write_erofs(tree, {.archive_bytes = tar.size()}, image);
  base::fs::make_directories(folder);
  base::fs::write_file(folder / "image", image.text());
  base::fs::write_file(folder / "tar", tar);
}

}  // namespace davit::test
