#include "layer/image_target.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;
using codec::TarEntry;
using test::Archive;

class ImageTargetTest : public testing::Test {
 protected:
  const ImageUnpacked& unpack_archive(const Archive& archive) {
    bytes_ = archive.bytes();
    base::MemorySource source(bytes_);
    codec::TarReader reader(source);
    beside_.reset();
    fs::remove_tree(path_);
    unpacked_ = unpack_for_image(reader, [this]() -> fs::File& {
      if (!beside_) {
        beside_.emplace(fs::File::open(path_, {.access = fs::Access::kReadWrite, .create = fs::Create::kExclusive}));
      }
      return *beside_;
    });
    return unpacked_;
  }
  const codec::FileNode& node(std::string_view name) {
    return unpacked_.tree[unpacked_.tree.find(codec::kRootNode, name)];
  }
  test::Tree tree() { return test::read_tree(unpacked_.tree, bytes_, beside_ ? &*beside_ : nullptr); }

  static TarEntry sparse(const std::string& path, std::uint64_t size, std::vector<codec::SparseExtent> extents) {
    TarEntry entry;
    entry.path = path;
    entry.size = size;
    entry.sparse = std::move(extents);
    return entry;
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  std::filesystem::path path_ = folder_.path() / "beside";
  std::string bytes_;
  ImageUnpacked unpacked_;
  std::optional<fs::File> beside_;
};

TEST_F(ImageTargetTest, AFilesDataStaysInTheArchive) {
  unpack_archive(Archive().file("a", "first").file("empty", "").file("b", std::string(2000, 'b')).hard_link("c", "b"));
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(node(name).place, codec::DataPlace::kArchive);
    EXPECT_EQ(node(name).data % 512, 0U);
    EXPECT_EQ(node(name).chunks, 0U);
  }
  EXPECT_EQ(bytes_.substr(node("a").data, 5), "first");
  EXPECT_EQ(tree().at("c").content, std::string(2000, 'b'));
  EXPECT_EQ(node("c").names, 2U);
  EXPECT_FALSE(beside_);
  EXPECT_EQ(unpacked_.beside_bytes, 0U);
}

TEST_F(ImageTargetTest, TheDataOfASparseFileIsWrittenBesideTheArchive) {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  unpack_archive(
      Archive()
          .add(sparse("s", 64 * kMiB, {{.offset = kMiB, .size = 4}, {.offset = 32 * kMiB + 5, .size = 3}}), "datarow")
          .file("after", "plain"));
  EXPECT_EQ(node("s").place, codec::DataPlace::kBeside);
  const codec::FileChunks& chunks = unpacked_.tree.chunks(node("s"));
  EXPECT_LE(chunks.offsets.size(), 128U);
  EXPECT_EQ(std::count(chunks.offsets.begin(), chunks.offsets.end(), codec::FileChunks::kHole),
            static_cast<std::ptrdiff_t>(chunks.offsets.size()) - 2);
  ASSERT_TRUE(beside_);
  EXPECT_EQ(beside_->size(), unpacked_.beside_bytes);
  EXPECT_LE(beside_->status().st_blocks * 512, 64 * 1024);  // the holes are holes there too
  const std::string content = tree().at("s").content;
  EXPECT_EQ(content.size(), 64 * kMiB);
  EXPECT_EQ(content.substr(kMiB, 5), std::string("data\0", 5));
  EXPECT_EQ(content.substr(32 * kMiB + 4, 4), std::string("\0row", 4));
  EXPECT_EQ(content.find_first_not_of('\0'), kMiB);
  EXPECT_EQ(tree().at("after").content, "plain");
  EXPECT_EQ(unpacked_.layer.disk_bytes, 4096U * 4);
}

TEST_F(ImageTargetTest, AnExtentMayReachOverManyPieces) {
  std::string data(300'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 31 >> 3);
  unpack_archive(Archive().add(
      sparse("s", 500'000, {{.offset = 1000, .size = 200'000}, {.offset = 201'001, .size = 100'000}}), data));
  const std::string content = tree().at("s").content;
  EXPECT_EQ(content.substr(1000, 200'000), data.substr(0, 200'000));
  EXPECT_EQ(content.substr(201'001, 100'000), data.substr(200'000));
  EXPECT_EQ(content.size(), 500'000U);
}

TEST_F(ImageTargetTest, AMapIsShortHoweverManyExtentsThereAre) {
  TarEntry entry = sparse("s", 20'000 * std::uint64_t{8192}, {});
  for (std::uint64_t i = 0; i < 20'000; ++i) entry.sparse->push_back({.offset = i * 8192 + 100, .size = 1});
  unpack_archive(Archive().add(entry, std::string(20'000, 'x')));
  EXPECT_LE(unpacked_.tree.chunks(node("s")).offsets.size(), 1024U);
  const std::string content = tree().at("s").content;
  EXPECT_EQ(std::count(content.begin(), content.end(), 'x'), 20'000);
  EXPECT_EQ(content[8192 * 19'999 + 100], 'x');
}

TEST_F(ImageTargetTest, AFileOfHolesAloneNeedsNoOtherFile) {
  unpack_archive(Archive().add(sparse("holes", 10'000'000, {})).add(sparse("none", 0, {})));
  EXPECT_FALSE(beside_);
  EXPECT_EQ(tree().at("holes").content, std::string(10'000'000, '\0'));
  EXPECT_EQ(node("none").chunks, 0U);
}

TEST_F(ImageTargetTest, ASparseFileWithoutAHoleStaysInTheArchive) {
  unpack_archive(Archive().add(sparse("s", 5, {{.offset = 0, .size = 5}}), "whole"));
  EXPECT_FALSE(beside_);
  EXPECT_EQ(tree().at("s").content, "whole");
}

TEST_F(ImageTargetTest, HugeHolesTakeNoMoreRoomThanThereIs) {
  constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;
  Archive archive;
  for (int i = 0; i < 20; ++i) {
    archive.add(
        sparse("s" + std::to_string(i), 16 * kTiB, {{.offset = 1, .size = 1}, {.offset = 16 * kTiB - 1, .size = 1}}),
        "ab");
  }
  unpack_archive(archive);
  EXPECT_LE(unpacked_.beside_bytes, kTiB);
  std::size_t pieces = 0;
  for (int i = 0; i < 20; ++i) pieces += unpacked_.tree.chunks(node("s" + std::to_string(i))).offsets.size();
  EXPECT_LT(pieces, 200'000U);
  const codec::FileChunks& last = unpacked_.tree.chunks(node("s19"));
  std::byte byte{};
  beside_->read_at({&byte, 1}, last.offsets.back() + (std::uint64_t{1} << last.size_bits) - 1);
  EXPECT_EQ(byte, std::byte{'b'});
}

TEST_F(ImageTargetTest, MoreHolesThanAnImageHoldsAreRefusedByName) {
  try {
    unpack_archive(Archive().add(sparse("s", std::uint64_t{1} << 62, {{.offset = 0, .size = 1}}), "x"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotSupported);
    EXPECT_NE(e.message().find("'s'"), std::string::npos);
  }
}

TEST_F(ImageTargetTest, AnXattrThatAnImageCannotHoldIsLeftOut) {
  TarEntry entry;
  entry.path = "f";
  entry.xattrs = {{"user.large", std::string(65'536, 'x')}, {"user.small", "x"}};
  unpack_archive(Archive().add(entry));
  EXPECT_EQ(tree().at("f").xattrs, (fs::Xattrs{{"user.small", "x"}}));
}

TEST_F(ImageTargetTest, AnArchiveCutShortIsCorrupt) {
  const std::string bytes = Archive().file("f", std::string(100'000, 'x')).bytes().substr(0, 50'000);
  base::MemorySource source(bytes);
  codec::TarReader reader(source);
  try {
    unpack_for_image(reader, []() -> fs::File& { throw Error(Code::kInternal, "no sparse file"); });
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kCorrupt);
  }
}

}  // namespace
}  // namespace davit::layer
