#include "layer/erofs_driver.h"

#include <array>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/usage.h"
#include "base/log.h"
#include "codec/erofs.h"
#include "codec/hash.h"
#include "layer/layer_tar.h"

namespace davit::layer {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr const char* kTar = "tar";
constexpr const char* kImage = "image";
constexpr const char* kBeside = "beside";  // the data of sparse files
constexpr std::size_t kLargestImage = std::size_t{4} << 30;

// Overlayfs takes several lower file systems without one for the same.
std::array<std::uint8_t, 16> uuid_of(const oci::Digest& diff_id) {
  std::array<std::uint8_t, 16> uuid{};
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    uuid[i] = static_cast<std::uint8_t>(std::stoul(diff_id.hex().substr(2 * i, 2), nullptr, 16));
  }
  return uuid;
}

// The files of a layer that is being made.
class LayerMaker {
 public:
  explicit LayerMaker(const stdfs::path& folder) : folder_(folder) {}

  // Reads the archive, whose bytes go by to the tar's file, or come from there.
  ImageUnpacked read(base::Source& tar, const oci::Digest& diff_id, base::Sink* tar_file = nullptr) {
    LayerTar archive(tar, diff_id, tar_file);
    ImageUnpacked unpacked = unpack_for_image(archive.reader(), [this]() -> fs::File& { return beside(); });
    archive.finish();
    tar_bytes_ = archive.bytes();
    return unpacked;
  }

  // Returns the digest of the image, which has passed its check.
  oci::Digest write_image(const ImageUnpacked& unpacked, const oci::Digest& diff_id) {
    fs::File file =
        fs::File::open(folder_ / kImage, {.access = fs::Access::kReadWrite, .create = fs::Create::kExclusive});
    fs::FileSink sink(file);
    codec::write_erofs(unpacked.tree,
                       {.archive_bytes = tar_bytes_,
                        .beside_bytes = unpacked.beside_bytes,
                        .most_bytes = kLargestImage,
                        .uuid = uuid_of(diff_id)},
                       sink);
    const std::string image = fs::read_file(folder_ / kImage, kLargestImage);
    std::vector<std::uint64_t> devices = {tar_bytes_};
    if (unpacked.beside_bytes > 0) devices.push_back(unpacked.beside_bytes);
    codec::check_erofs(base::as_byte_view(image), devices);
    return codec::digest_of(image);
  }

  bool has_beside() const { return beside_.has_value(); }

 private:
  fs::File& beside() {
    if (!beside_) {
      beside_.emplace(
          fs::File::open(folder_ / kBeside, {.access = fs::Access::kReadWrite, .create = fs::Create::kExclusive}));
    }
    return *beside_;
  }

  const stdfs::path& folder_;
  std::optional<fs::File> beside_;
  std::uint64_t tar_bytes_ = 0;
};

// An empty folder with the attributes of the tree's root.
void keep_root_attributes(const stdfs::path& path, const codec::FileTree& tree) {
  const codec::FileNode& root = tree[codec::kRootNode];
  const auto folder = fs::Directory::open(path);
  folder.make_directory(kRootAttributesName, 0755);
  folder.set_owner(kRootAttributesName, {root.uid, root.gid});
  folder.set_mode(kRootAttributesName, root.mode);
  for (const auto& [key, value] : tree.xattrs(root)) folder.set_xattr(kRootAttributesName, key, value);
  folder.set_mtime(kRootAttributesName, root.mtime());
}

}  // namespace

ErofsDriver::ErofsDriver(const stdfs::path& root, std::optional<fs::Backing> backing)
    : LayerDriver(root / "erofs"), backing_(backing) {}

void ErofsDriver::make(const stdfs::path& folder, const oci::Digest& diff_id, base::Source& tar) {
  fs::File file = fs::File::open(folder / kTar, {.access = fs::Access::kWrite, .create = fs::Create::kExclusive});
  fs::WritebackSink sink(file);
  LayerMaker maker(folder);
  const ImageUnpacked unpacked = maker.read(tar, diff_id, &sink);
  sink.finish();
  KeptLayer kept = kept_layer(diff_id, unpacked.layer);
  kept.image = maker.write_image(unpacked, diff_id);
  kept.has_beside = maker.has_beside();
  kept.root_special = unpacked.layer.root_special;
  if (kept.root_special) keep_root_attributes(folder, unpacked.tree);
  kept.layer.disk_bytes = fs::measure_tree(folder).disk_bytes;
  write_layer_record(folder, kept, unpacked.layer.implied);
}

LayerMounts::Image ErofsDriver::image_of(const KeptLayer& kept) const {
  const stdfs::path folder = folders_.layer(kept.layer.diff_id);
  LayerMounts::Image image = {
      .diff_id = kept.layer.diff_id, .image = folder / kImage, .devices = {folder / kTar}, .backing = *backing_};
  if (kept.has_beside) image.devices.push_back(folder / kBeside);
  return image;
}

ShownLayer ErofsDriver::show(const KeptLayer& kept, LayerMounts::Inside* mounts) {
  const oci::Digest& diff_id = kept.layer.diff_id;
  if (!backing_) {
    throw Error::format(Code::kNotFound, "layer {} is here for the erofs driver, which does not work here any more",
                        diff_id.text());
  }
  auto held = std::make_shared<LayerMounts::Held>(
      mounts->show(image_of(kept), [&] { return image_of(make_sure_of_image(diff_id)); }));
  return {.tree = held->path(), .held = held};
}

// The image's bytes are those that were checked when it was made; else it is made again, from a tar that has the diff
// ID. Where that is damaged too, the layer is set aside.
KeptLayer ErofsDriver::make_sure_of_image(const oci::Digest& diff_id) {
  const stdfs::path folder = folders_.layer(diff_id);
  const auto is_right = [&](const KeptLayer& kept) {
    const auto image = fs::read_file_if_exists(folder / kImage, kLargestImage);
    return image && kept.image && codec::digest_of(*image) == *kept.image && fs::exists(folder / kTar) &&
           (!kept.has_beside || fs::exists(folder / kBeside));
  };
  if (auto kept = folders_.find(diff_id); kept && is_right(*kept)) return std::move(*kept);
  const std::string& name = diff_id.hex();
  auto lock = folders_.lock(name);
  auto kept = folders_.find(diff_id);
  if (kept && is_right(*kept)) {
    folders_.release(std::move(lock), name);
    return std::move(*kept);
  }
  base::log::warn("the image of layer {} is missing or damaged: it is made again", diff_id.text());
  const stdfs::path staged = folders_.staged(diff_id);
  try {
    const auto source = tar(diff_id);
    if (!kept || !source) throw Error::format(Code::kNotFound, "layer {} is not whole", diff_id.text());
    fs::remove_tree(staged);
    fs::make_directory(staged);
    LayerMaker maker(staged);
    const ImageUnpacked unpacked = maker.read(*source, diff_id);
    kept->image = maker.write_image(unpacked, diff_id);
    kept->has_beside = maker.has_beside();
    sync();
    if (kept->has_beside) fs::rename(staged / kBeside, folder / kBeside);
    fs::rename(staged / kImage, folder / kImage);
    rewrite_layer_record(folder, *kept);
    fs::remove_tree(staged);
  } catch (const Error& error) {
    fs::remove_tree(staged);
    if (error.code() != Code::kCorrupt && error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) {
      throw;
    }
    folders_.discard(folder);
    folders_.release(std::move(lock), name);
    throw Error::format(Code::kNotFound, "layer {} was damaged and is removed: {}", diff_id.text(), error.message());
  }
  folders_.release(std::move(lock), name);
  return std::move(*kept);
}

std::unique_ptr<base::Source> ErofsDriver::tar(const oci::Digest& diff_id) const {
  auto file = fs::File::open_if_exists(folders_.layer(diff_id) / kTar);
  return file ? std::make_unique<fs::FileSource>(std::move(*file)) : nullptr;
}

std::uint64_t ErofsDriver::measure(const oci::Digest& diff_id) const {
  return fs::measure_tree(folders_.layer(diff_id)).disk_bytes;
}

}  // namespace davit::layer
