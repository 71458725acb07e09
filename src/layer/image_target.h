#pragma once
// A layer's tree of which nothing is made but an image that points into the archive: the erofs driver's form.

#include <functional>

#include "base/fs/file.h"
#include "layer/tree_target.h"

namespace davit::layer {

// Notes where each file's data lies in the archive. An image's blocks cannot say where the holes of a sparse file are
// among data that lies as the archive has it, so that data is written to a file beside it, at aligned places, mapped by
// FileChunks. Throws Error(kNotSupported) for more holes and data than an image holds: 1 TiB beside it (holes between
// the data included), 8 Mi pieces.
class ImageTarget final : public TreeTarget {
 public:
  // `beside`: as of unpack_for_image. Both outlive this.
  ImageTarget(codec::FileTree& tree, const std::function<base::fs::File&()>& beside) : tree_(tree), beside_(beside) {}

  void make_folder(const Place&) override {}
  void make_file(const Place& at, const codec::TarEntry& entry, codec::TarReader& tar) override;
  void make_other(const Place&) override {}
  void make_link(const Place&, const Place&) override {}
  void remove(const Place&) override {}
  void change_folder(const Place&) override {}
  void mark_opaque(const Place&) override {}
  std::optional<std::string> set_xattr(const Place& at, const std::string& key, const std::string& value) override;
  void finish() override;

  std::uint64_t beside_bytes() const { return beside_bytes_; }

 private:
  codec::FileChunks map(const codec::TarEntry& entry);

  codec::FileTree& tree_;
  const std::function<base::fs::File&()>& beside_;
  std::uint64_t beside_bytes_ = 0;
  std::uint64_t pieces_ = 0;  // of all files
};

}  // namespace davit::layer
