// Any bytes as a layer's tar: folders and image have the same tree, or both refuse it for the same reason. Without root
// only the image's tree is built.
#include "layer/unpack.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "tests/fuzz/require.h"
#include "tests/testing/layer_tree.h"

using namespace davit;
namespace fs = base::fs;

namespace {

constexpr std::uint64_t kMostBytes = 4 << 20;  // of a file, to be compared

struct Outcome {
  layer::Unpacked unpacked;
  std::optional<base::Error> refusal;
};

template <typename Unpack>
Outcome attempt(std::string_view archive, const Unpack& unpack) {
  base::MemorySource source(archive);
  codec::TarReader reader(source, {.entries = 1000, .name_bytes = 4096, .sparse_extents = 1000});
  Outcome outcome;
  try {
    outcome.unpacked = unpack(reader);
  } catch (const base::Error& e) {
    outcome.refusal = e;
  }
  return outcome;
}

bool is_about_the_archive(base::Code code) {
  return code == base::Code::kInvalidArgument || code == base::Code::kCorrupt || code == base::Code::kNotSupported;
}

// A disk has limits that no archive is to blame for (xattrs of an inode, a file's size).
bool is_small(std::string_view archive) {
  bool small = true;
  attempt(archive, [&](codec::TarReader& reader) {
    while (const auto entry = reader.next()) {
      small = small && entry->size <= kMostBytes;
      for (const auto& [key, value] : entry->xattrs) small = small && value.size() < UINT16_MAX;
    }
    return layer::Unpacked();
  });
  return small;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::log::set_level(base::log::Level::kError);
  const std::string archive(reinterpret_cast<const char*>(data), size);
  const fs::TemporaryDirectory folder("/dev/shm");
  codec::FileTree tree;
  std::uint64_t beside_bytes = 0;
  std::optional<fs::File> beside;
  const Outcome image = attempt(archive, [&](codec::TarReader& reader) {
    layer::ImageUnpacked unpacked = layer::unpack_for_image(reader, [&]() -> fs::File& {
      if (!beside) {
        beside.emplace(fs::File::open(folder.path() / "beside",
                                      {.access = fs::Access::kReadWrite, .create = fs::Create::kExclusive}));
      }
      return *beside;
    });
    tree = std::move(unpacked.tree);
    beside_bytes = unpacked.beside_bytes;
    return unpacked.layer;
  });
  fuzz::require(!image.refusal || is_about_the_archive(image.refusal->code()));
  if (!image.refusal) fuzz::require(beside_bytes == (beside ? beside->size() : 0));
  if (::geteuid() != 0 || !is_small(archive)) return 0;

  const Outcome folders = attempt(archive, [&](codec::TarReader& reader) {
    return layer::unpack(reader, fs::Directory::open(folder.path()), "tree");
  });
  if (folders.refusal && !is_about_the_archive(folders.refusal->code())) return 0;
  fuzz::require(image.refusal.has_value() == folders.refusal.has_value());
  if (image.refusal) {
    fuzz::require(image.refusal->code() == folders.refusal->code());
    fuzz::require(image.refusal->message() == folders.refusal->message());
    return 0;
  }
  const std::string differences = test::difference(test::read_tree(folder.path() / "tree"),
                                                   test::read_tree(tree, archive, beside ? &*beside : nullptr));
  if (!differences.empty()) std::fputs(differences.c_str(), stderr);
  fuzz::require(differences.empty());
  fuzz::require(image.unpacked.implied == folders.unpacked.implied && image.unpacked.size == folders.unpacked.size &&
                image.unpacked.entries == folders.unpacked.entries &&
                image.unpacked.disk_bytes == folders.unpacked.disk_bytes);
  return 0;
}
