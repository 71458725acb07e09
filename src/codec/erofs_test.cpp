#include "codec/erofs.h"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/erofs_format.h"
#include "codec/erofs_test_support.h"
#include "codec/test_support.h"

namespace davit::codec {
namespace {

using testing::difference;
using testing::error_of;
using testing::listing_of;
using testing::Sample;

void check(const Sample& sample, const std::string& image) { check_erofs(base::as_byte_view(image), sample.devices()); }

// With a right checksum, so that what is behind it is looked at.
std::string summed(std::string image) {
  auto* at = reinterpret_cast<std::byte*>(image.data()) + erofs::kSuperblockAt;
  erofs::store(at + erofs::superblock::kChecksumAt, erofs::superblock_checksum({at, erofs::checksummed_bytes(9)}));
  return image;
}

TEST(ErofsTest, AnImageSaysWhatTheTreeSays) {
  const Sample sample = testing::sample_of_everything();
  const std::string image = sample.image();
  EXPECT_EQ(image.size() % 4096, 0U);
  EXPECT_EQ(difference(listing_of(sample), listing_of(image, sample.archive, sample.beside)), "");
  check(sample, image);
}

TEST(ErofsTest, AnImageOf4096ByteBlocksHoldsTheDataItself) {
  const Sample sample = testing::sample_of_everything();
  const std::string image = sample.image(12);
  EXPECT_EQ(difference(listing_of(sample), listing_of(image, "", "")), "");
}

TEST(ErofsTest, EqualTreesGiveEqualBytes) {
  const Sample one = testing::sample_of_everything(), other = testing::sample_of_everything();
  EXPECT_EQ(one.image(), other.image());
  EXPECT_EQ(one.image(12), other.image(12));
  // In whatever order it was made.
  Sample forth, back;
  for (int i = 0; i < 100; ++i) forth.folder(kRootNode, std::to_string(i));
  for (int i = 100; i-- > 0;) back.folder(kRootNode, std::to_string(i));
  EXPECT_EQ(forth.image(), back.image());
}

TEST(ErofsTest, AnEmptyTreeIsAnImage) {
  const Sample sample;
  const std::string image = sample.image();
  EXPECT_EQ(image.size(), 4096U);
  check(sample, image);
  EXPECT_EQ(difference(listing_of(sample), listing_of(image, "", "")), "");
}

RC_GTEST_PROP(ErofsProperty, ImagesOfRandomTreesAreRight, ()) {
  const Sample sample = testing::random_sample(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(0u, 400u));
  const std::string image = sample.image();
  check(sample, image);
  RC_ASSERT(difference(listing_of(sample), listing_of(image, sample.archive, sample.beside)) == "");
  RC_ASSERT(difference(listing_of(sample), listing_of(sample.image(12), "", "")) == "");
}

// What the format cannot hold ------------------------------------------------------------------------------------

std::string refusal(const Sample& sample) {
  return error_of(base::Code::kNotSupported, [&] { sample.image(); });
}

TEST(ErofsTest, WhatTheFormatCannotHoldIsRefusedByName) {
  Sample empty_target, long_target, major, minor, xattrs, far;
  empty_target.symlink(empty_target.folder(kRootNode, "folder"), "link", "");
  EXPECT_EQ(refusal(empty_target), "/folder/link: a link's target has 0 bytes; Linux has links of 1 to 4095");
  long_target.symlink(kRootNode, "link", std::string(4096, 't'));
  EXPECT_EQ(refusal(long_target), "/link: a link's target has 4096 bytes; Linux has links of 1 to 4095");
  major.device(kRootNode, "device", NodeType::kBlockDevice, 4096, 0);
  EXPECT_EQ(refusal(major), "/device: device 4096:0: Linux has none of such a number");
  minor.device(kRootNode, "device", NodeType::kCharacterDevice, 0, 1 << 20);
  EXPECT_EQ(refusal(minor), "/device: device 0:1048576: Linux has none of such a number");
  FileTree::Xattrs many;
  for (int i = 0; i < 5; ++i) many.emplace_back("user." + std::to_string(i), std::string(60'000, 'v'));
  xattrs.file(kRootNode, "file", "", {.xattrs = xattrs.tree.add_xattrs(many)});
  EXPECT_EQ(refusal(xattrs), "/file: a file has more extended attributes than EROFS can hold (256 KiB)");
  far.tree.add(kRootNode, "file", {.size = 1, .data = std::uint64_t{2} << 40});
  EXPECT_EQ(refusal(far), "/file: EROFS has no place for data past 2 TiB");
}

// A header for all entries of an archive can give each of them 256 KiB of xattrs, which an image has once for each.
TEST(ErofsTest, AnImageLargerThanItMayBeIsRefusedBeforeItIsWritten) {
  Sample sample;
  FileTree::Xattrs many;
  for (int i = 0; i < 3; ++i) many.emplace_back("user." + std::to_string(i), std::string(60'000, 'v'));
  const std::uint32_t xattrs = sample.tree.add_xattrs(many);
  for (int i = 0; i < 10; ++i) sample.file(kRootNode, std::to_string(i), "", {.xattrs = xattrs});
  const std::uint64_t size = sample.image().size();
  base::StringSink out;
  write_erofs(sample.tree, {.most_bytes = size}, out);
  EXPECT_EQ(out.text().size(), size);
  base::StringSink none;
  EXPECT_EQ(error_of(base::Code::kNotSupported, [&] { write_erofs(sample.tree, {.most_bytes = size - 1}, none); }),
            "the tree makes an EROFS image that is too large");
  EXPECT_TRUE(none.text().empty());
}

TEST(ErofsTest, FilesOfMoreThanATerabyteHaveSeveralChunks) {
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 40) + 513;
  Sample sample;
  sample.tree.add(kRootNode, "file", {.size = kSize, .data = 512});
  base::StringSink out;
  write_erofs(sample.tree, {.archive_bytes = kSize + 1024}, out);
  check_erofs(base::as_byte_view(out.text()), {kSize + 1024});
  error_of(base::Code::kCorrupt, [&] { check_erofs(base::as_byte_view(out.text()), {kSize + 511}); });
}

TEST(ErofsTest, AsManyXattrsAsFitAreKept) {
  Sample sample;
  FileTree::Xattrs many;
  for (int i = 0; i < 4; ++i) many.emplace_back("user." + std::to_string(i), std::string(65'500, 'v'));
  sample.file(kRootNode, "file", "x", {.xattrs = sample.tree.add_xattrs(many)});
  const std::string image = sample.image();
  check(sample, image);
  EXPECT_EQ(difference(listing_of(sample), listing_of(image, sample.archive, "")), "");
}

TEST(ErofsTest, AFolderOf100000EntriesIsSorted) {
  Sample sample;
  for (int i = 0; i < 100'000; ++i) sample.folder(kRootNode, std::to_string(i * 7919LL % 100'000));
  const std::string image = sample.image();
  check(sample, image);
  EXPECT_EQ(listing_of(image, "", "").size(), 100'001U);
}

// Xattrs ---------------------------------------------------------------------------------------------------------

TEST(ErofsXattrTest, NamespacesThatErofsHasAreKept) {
  for (const char* name : {"user.x", "trusted.x", "security.selinux", "trusted.overlayx"}) {
    EXPECT_TRUE(erofs_keeps_xattr(name, "value")) << name;
  }
  for (const char* name : {"", "x", "user", "user.", "system.x", "system.posix_acl_accessx", "os2.x", "USER.x",
                           "trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.opaque"}) {
    EXPECT_FALSE(erofs_keeps_xattr(name, "value")) << name;
  }
  EXPECT_TRUE(erofs_keeps_xattr("user." + std::string(250, 'n'), ""));
  EXPECT_FALSE(erofs_keeps_xattr("user." + std::string(251, 'n'), ""));
  EXPECT_FALSE(erofs_keeps_xattr(std::string("user.a\0b", 8), ""));
  EXPECT_TRUE(erofs_keeps_xattr("user.x", std::string(65'535, 'v')));
  EXPECT_FALSE(erofs_keeps_xattr("user.x", std::string(65'536, 'v')));
}

TEST(ErofsXattrTest, AclsThatLinuxWouldRefuseAreNotKept) {
  const auto acl = [](const std::vector<std::array<unsigned, 3>>& entries) {
    std::string value("\x02\0\0\0", 4);
    for (const auto& [tag, permissions, id] : entries) {
      for (const unsigned byte : {tag, 0U, permissions, 0U, id & 255, id >> 8 & 255, id >> 16 & 255, id >> 24}) {
        value += static_cast<char>(byte);
      }
    }
    return value;
  };
  constexpr unsigned kNobody = UINT32_MAX;
  const std::array<unsigned, 3> owner{1, 7, kNobody}, user{2, 5, 1000}, group{4, 5, kNobody}, named{8, 5, 50},
      mask{16, 7, kNobody}, other{32, 0, kNobody};
  const auto access = [&](const auto& entries) { return erofs_keeps_xattr("system.posix_acl_access", acl(entries)); };
  using List = std::vector<std::array<unsigned, 3>>;
  EXPECT_TRUE(access(List{owner, user, group, mask, other}));
  EXPECT_TRUE(access(List{owner, user, user, group, named, named, mask, other}));
  EXPECT_TRUE(access(List{owner, group, mask, other}));
  EXPECT_FALSE(access(List{owner, group, other})) << "says no more than the mode";
  EXPECT_TRUE(erofs_keeps_xattr("system.posix_acl_default", acl({owner, group, other})));
  EXPECT_FALSE(access(List{}));
  EXPECT_FALSE(access(List{owner, user, group, other})) << "no mask";
  EXPECT_FALSE(access(List{user, owner, group, mask, other})) << "order";
  EXPECT_FALSE(access(List{owner, owner, group, mask, other}));
  EXPECT_FALSE(access(List{owner, user, group, mask}));
  EXPECT_FALSE(access(List{owner, user, group, mask, other, other}));
  EXPECT_FALSE(access(List{owner, {2, 8, 1000}, group, mask, other})) << "permissions";
  EXPECT_FALSE(access(List{owner, {2, 7, kNobody}, group, mask, other})) << "nobody is named";
  EXPECT_FALSE(access(List{owner, {3, 7, 1}, group, mask, other})) << "tag";
  std::string value = acl({owner, user, group, mask, other});
  EXPECT_FALSE(erofs_keeps_xattr("system.posix_acl_access", value.substr(0, value.size() - 1)));
  value[0] = 1;
  EXPECT_FALSE(erofs_keeps_xattr("system.posix_acl_access", value)) << "version";
}

TEST(ErofsXattrTest, CapabilitiesThatLinuxWouldRefuseAreNotKept) {
  const auto keeps = [](const std::string& value) { return erofs_keeps_xattr("security.capability", value); };
  EXPECT_TRUE(keeps(std::string("\1\0\0\2", 4) + std::string(16, '\0')));
  EXPECT_TRUE(keeps(std::string("\1\0\0\3", 4) + std::string(20, '\0')));
  EXPECT_FALSE(keeps(std::string("\1\0\0\1", 4) + std::string(8, '\0')));
  EXPECT_FALSE(keeps(std::string("\1\0\0\2", 4) + std::string(20, '\0')));
  EXPECT_FALSE(keeps(std::string("\2\0\0\2", 4) + std::string(16, '\0')));
  EXPECT_FALSE(keeps(std::string("\1\0\0\3", 4) + std::string(16, '\0') + "\xff\xff\xff\xff"));
  EXPECT_FALSE(keeps(""));
}

TEST(ErofsXattrTest, WhatTypesCannotBearIsNotKept) {
  const auto keeps = [](const char* name, NodeType type) { return erofs_keeps_xattr(name, "", type); };
  EXPECT_TRUE(keeps("user.x", NodeType::kFile));
  EXPECT_TRUE(keeps("user.x", NodeType::kFolder));
  EXPECT_FALSE(keeps("user.x", NodeType::kSymlink));
  EXPECT_FALSE(keeps("user.x", NodeType::kFifo));
  EXPECT_TRUE(keeps("trusted.x", NodeType::kSymlink));
  EXPECT_TRUE(keeps("security.x", NodeType::kCharacterDevice));
}

// The checker ----------------------------------------------------------------------------------------------------

// Whether the checker passes it; no other outcome than that or Error(kCorrupt) is allowed.
bool passes(const std::string& image, const std::vector<std::uint64_t>& devices) {
  try {
    check_erofs(base::as_byte_view(image), devices);
    return true;
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::kCorrupt) << error.message();
    return false;
  }
}

TEST(ErofsCheckTest, AFlippedBitIsRefusedOrMeansSomethingElse) {
  Sample sample;
  const NodeId folder = sample.folder(kRootNode, "folder");
  const NodeId file = sample.file(folder, "file", std::string(5000, 'x'));
  sample.tree.add_name(kRootNode, "link", file);
  FileNode node{.opaque = true, .mode = 0755};
  node.xattrs = sample.tree.add_xattrs({{"user.a", "value"}});
  const NodeId many = sample.folder(kRootNode, "many", node);
  for (int i = 0; i < 40; ++i) sample.file(many, "file " + std::to_string(i), "");
  sample.symlink(kRootNode, "symlink", "target");
  sample.symlink(kRootNode, "long symlink", std::string(600, 't'));
  sample.sparse(kRootNode, "sparse", 9, {std::string(512, 's'), "", "e"}, 1025);
  sample.device(kRootNode, "device", NodeType::kCharacterDevice, 1, 3);
  const std::string image = sample.image();
  ASSERT_TRUE(passes(image, sample.devices()));
  const auto before = listing_of(image, sample.archive, sample.beside);
  int passed = 0;
  for (std::size_t at = 0; at < image.size(); ++at) {
    for (const std::size_t bit : {at % 8, (at * 5 + 3) % 8}) {
      std::string flipped = image;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      if (at >= erofs::kSuperblockAt && at < erofs::kSuperblockAt + 512) {
        EXPECT_FALSE(passes(flipped, sample.devices())) << "the checksum covers byte " << at;
        flipped = summed(flipped);
      }
      const bool uuid = at >= 1024 + 48 && at < 1024 + 64, checksum = at >= 1024 + 4 && at < 1024 + 8;
      if (!passes(flipped, sample.devices()) || uuid || checksum) continue;
      ++passed;
      // It still is a tree, another one.
      EXPECT_NE(difference(before, listing_of(flipped, sample.archive, sample.beside)), "") << at << ", bit " << bit;
    }
  }
  EXPECT_GT(passed, 250);  // modes, owners, times, letters of names
}

TEST(ErofsCheckTest, ATruncatedImageIsRefused) {
  const Sample sample = testing::random_sample(1, 200);
  const std::string image = sample.image();
  for (std::size_t size = 0; size < image.size(); size += size < 3000 ? 1 : 509) {
    EXPECT_FALSE(passes(image.substr(0, size), sample.devices())) << size;
  }
  for (std::size_t size = 0; size < image.size(); size += 512) {
    if (size < 1536) continue;
    std::string part = image.substr(0, size);
    erofs::store(reinterpret_cast<std::byte*>(part.data()) + 1024 + erofs::superblock::kBlocksAt,
                 static_cast<std::uint32_t>(size / 512));
    // Zeros at the end may go.
    const bool whole = image.find_first_not_of('\0', size) == std::string::npos;
    EXPECT_EQ(passes(summed(part), sample.devices()), whole) << size;
  }
}

// An image whose inodes are found by their owners.
class Damage {
 public:
  enum Owner : std::uint32_t { kFolder = 1001, kFile, kLinked, kSymlink, kFifo, kSparse, kWithXattr };

  Damage() {
    const NodeId folder = sample_.folder(kRootNode, "folder", {.mode = 0755, .uid = kFolder});
    sample_.file(folder, "a", "content", {.mode = 0644, .uid = kFile});
    const NodeId linked = sample_.file(folder, "b", "", {.mode = 0644, .uid = kLinked});
    sample_.tree.add_name(folder, "c", linked);
    sample_.symlink(folder, "d", "target", {.mode = 0777, .uid = kSymlink});
    sample_.tree.add(folder, "e", {.type = NodeType::kFifo, .uid = kFifo});
    const NodeId sparse = sample_.sparse(folder, "f", 9, {std::string(512, 's'), "", "e"}, 1025);
    sample_.tree[sparse].uid = kSparse;
    FileNode node{.mode = 0644, .uid = kWithXattr};
    node.xattrs = sample_.tree.add_xattrs({{"user.ab", "v"}, {"user.cd", "v"}});
    sample_.file(folder, "g", "", node);
    image_ = sample_.image();
    EXPECT_EQ(complaint([](std::byte*) {}), "");
  }

  // What is said of the image after a change at an inode.
  template <typename Change>
  std::string at(Owner owner, Change change) const {
    return complaint([&](std::byte* image) {
      for (std::size_t offset = 0; offset < image_.size(); offset += erofs::kInodeUnit) {
        std::byte* inode = image + offset;
        if (erofs::load<std::uint32_t>(inode + erofs::inode::kUidAt) == owner) return change(inode);
      }
      ADD_FAILURE() << "no inode of " << owner;
    });
  }
  template <typename Change>
  std::string complaint(Change change) const {
    std::string image = image_;
    change(reinterpret_cast<std::byte*>(image.data()));
    image = summed(image);
    try {
      check_erofs(base::as_byte_view(image), sample_.devices());
      return {};
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Code::kCorrupt);
      const std::string& message = error.message();
      // "the EROFS image is damaged: inode 44 is not sorted" without the number
      const std::size_t begin = message.find("damaged: ") + 9, number = message.find("inode ", begin);
      return number == begin ? message.substr(message.find(' ', begin + 6) + 1) : message.substr(begin);
    }
  }
  std::size_t size() const { return image_.size(); }

 private:
  Sample sample_;
  std::string image_;
};

TEST(ErofsCheckTest, WhatIsWrongWithAnInodeIsNamed) {
  namespace field = erofs::inode;
  const Damage damage;
  const auto set = [&](Damage::Owner owner, std::size_t at, auto value) {
    return damage.at(owner, [&](std::byte* inode) { erofs::store(inode + at, value); });
  };
  constexpr std::size_t kChunk = erofs::kInodeSize, kXattr = erofs::kInodeSize + erofs::kXattrHeaderSize;
  using U16 = std::uint16_t;
  EXPECT_EQ(set(Damage::kFile, field::kFormatAt, U16{8}), "has an unknown form");
  EXPECT_EQ(set(Damage::kFile, field::kFormatAt, U16{3}), "has an unknown form");
  EXPECT_EQ(set(Damage::kFile, field::kFormatAt, U16{5}), "is of a form that its type has not");
  EXPECT_EQ(set(Damage::kFile, field::kModeAt, U16{0140644}), "has a wrong mode");
  EXPECT_EQ(set(Damage::kFile, field::kModeAt, U16{0120777}), "is of another type than its name says");
  EXPECT_EQ(set(Damage::kFile, field::kNumberAt, 1U), "has another number than its place");
  EXPECT_EQ(set(Damage::kFile, field::kUidAt, UINT32_MAX), "is owned by nobody");
  EXPECT_EQ(set(Damage::kFile, field::kGidAt, UINT32_MAX), "is owned by nobody");
  EXPECT_EQ(set(Damage::kFile, field::kMtimeNanosecondsAt, 1'000'000'000U), "has a wrong time");
  EXPECT_EQ(set(Damage::kFile, field::kReservedAt, 1U), "says something where there is nothing to say");
  EXPECT_EQ(set(Damage::kFile, field::kSizeAt, std::uint64_t{513}), "has data on a device that there is not");
  EXPECT_EQ(set(Damage::kFile, field::kSizeAt, UINT64_MAX), "has no size or no name");
  EXPECT_EQ(set(Damage::kFile, field::kLinksAt, 0U), "has no size or no name");
  EXPECT_EQ(set(Damage::kFile, field::kLinksAt, 2U), "has fewer names than it says");
  EXPECT_EQ(set(Damage::kLinked, field::kLinksAt, 1U), "has more names than it says");
  EXPECT_EQ(set(Damage::kLinked, field::kUnionAt, 1U), "is empty, and has blocks");
  EXPECT_EQ(set(Damage::kFolder, field::kLinksAt, 3U), "has a wrong number of links");
  EXPECT_EQ(set(Damage::kFifo, field::kUnionAt, 1U), "is no device");
  EXPECT_EQ(set(Damage::kFifo, field::kSizeAt, std::uint64_t{1}), "has data");
  EXPECT_EQ(set(Damage::kSymlink, field::kSizeAt, std::uint64_t{0}), "has no content");
  EXPECT_EQ(set(Damage::kSymlink, field::kSizeAt, std::uint64_t{5}), "is followed by something");
  EXPECT_EQ(set(Damage::kSymlink, field::kUnionAt, 1U), "has a block and none");
  EXPECT_EQ(set(Damage::kSymlink, erofs::kInodeSize + 1, std::uint8_t{0}), "has a NUL in its target");
  EXPECT_EQ(set(Damage::kFile, field::kUnionAt, 0U), "has an unknown form of chunks");
  EXPECT_EQ(set(Damage::kFile, field::kUnionAt, 64U | 32U), "has an unknown form of chunks");
  EXPECT_EQ(set(Damage::kFile, field::kUnionAt, 33U), "has a chunk that is too large");
  EXPECT_EQ(set(Damage::kFile, kChunk, U16{1}), "has a chunk of an unknown form");
  EXPECT_EQ(set(Damage::kFile, kChunk + 2, U16{0}), "has data on a device that there is not");
  EXPECT_EQ(set(Damage::kFile, kChunk + 2, U16{3}), "has data on a device that there is not");
  EXPECT_EQ(set(Damage::kFile, kChunk + 4, 1U), "has data past its device's end");
  EXPECT_EQ(set(Damage::kSparse, kChunk + 8 + 2, U16{2}), "has a hole on a device");
  EXPECT_EQ(set(Damage::kWithXattr, field::kXattrCountAt, U16{1}), "is followed by something");
  EXPECT_EQ(set(Damage::kWithXattr, field::kXattrCountAt, U16{UINT16_MAX}), "reaches past the image's end");
  EXPECT_EQ(set(Damage::kWithXattr, erofs::kInodeSize, 1U), "has no attributes where it says so");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr, std::uint8_t{200}), "has an attribute past their end");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr, std::uint8_t{1}), "has an attribute followed by something");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr + 1, std::uint8_t{5}), "has an attribute of an unknown kind");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr + 1, std::uint8_t{2}), "has an attribute of an unknown kind");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr + 4, std::uint8_t{0}), "has an attribute that it must not have");
  EXPECT_EQ(set(Damage::kWithXattr, kXattr + 4, std::uint8_t{'z'}), "has attributes that are not sorted");
}

TEST(ErofsCheckTest, WhatIsWrongWithAFolderIsNamed) {
  const Damage damage;
  // The folder's entries: ".", "..", "a" to "g"; then their names.
  constexpr std::size_t kCount = 9, kEntries = erofs::kInodeSize, kNames = kEntries + kCount * erofs::kEntrySize;
  const auto set = [&](std::size_t at, auto value) {
    return damage.at(Damage::kFolder, [&](std::byte* inode) { erofs::store(inode + at, value); });
  };
  const auto entry = [&](std::size_t number) { return kEntries + number * erofs::kEntrySize; };
  using U8 = std::uint8_t;
  using U16 = std::uint16_t;
  EXPECT_EQ(set(kNames + 3, U8{'/'}), "has an entry whose name cannot be");
  EXPECT_EQ(set(kNames + 3, U8{0}), "has an entry whose name cannot be");
  EXPECT_EQ(set(kNames + 3, U8{'b'}), "is not sorted");
  EXPECT_EQ(set(kNames + 3, U8{'z'}), "is not sorted");
  EXPECT_EQ(set(kNames + 1, U8{'-'}), "is not sorted");
  EXPECT_EQ(set(kNames, U8{'-'}), "overlaps something else");
  EXPECT_EQ(set(entry(0), std::uint64_t{1}), "gives another place for itself or its parent");
  EXPECT_EQ(set(entry(1), std::uint64_t{1}), "gives another place for itself or its parent");
  EXPECT_EQ(set(entry(1) + 10, U8{1}), "gives another place for itself or its parent");
  EXPECT_EQ(set(entry(2), std::uint64_t{1}), "has an unknown form");
  EXPECT_EQ(set(entry(2), UINT64_MAX), "lies past the image's end");
  EXPECT_EQ(set(entry(2) + 10, U8{7}), "is of another type than its name says");
  EXPECT_EQ(set(entry(2) + 11, U8{1}), "has an entry of an unknown form");
  EXPECT_EQ(set(entry(0) + 8, U16{0}), "has a block of a wrong number of entries");
  EXPECT_EQ(set(entry(0) + 8, U16{13}), "has a block of a wrong number of entries");
  EXPECT_EQ(set(entry(0) + 8, U16{60000}), "has a block of a wrong number of entries");
  EXPECT_EQ(set(entry(2) + 8, U16{1}), "has an entry whose name is nowhere");
  EXPECT_EQ(set(entry(8) + 8, U16{511}), "has an entry whose name is nowhere");
  EXPECT_EQ(set(erofs::inode::kSizeAt, std::uint64_t{511}), "crosses a block's end");
  // A folder that is its own child.
  EXPECT_EQ(damage.at(Damage::kFolder,
                      [&](std::byte* inode) {
                        erofs::store(inode + entry(2), erofs::load<std::uint64_t>(inode + entry(0)));
                        inode[entry(2) + 10] = std::byte{2};
                      }),
            "overlaps something else");
}

TEST(ErofsCheckTest, WhatIsWrongAroundIsNamed) {
  namespace sb = erofs::superblock;
  const Damage damage;
  const auto set = [&](std::size_t at, auto value) {
    return damage.complaint([&](std::byte* image) { erofs::store(image + at, value); });
  };
  constexpr std::size_t kSuper = erofs::kSuperblockAt;
  using U16 = std::uint16_t;
  EXPECT_EQ(set(kSuper + sb::kMagicAt, 1U), "it has no superblock");
  EXPECT_EQ(set(kSuper + sb::kCompatAt, 7U), "its superblock is wrong");
  EXPECT_EQ(set(kSuper + sb::kIncompatAt, 15U), "its superblock is wrong");
  EXPECT_EQ(set(kSuper + sb::kBlockBitsAt, std::uint8_t{12}), "its superblock is wrong");
  EXPECT_EQ(set(kSuper + sb::kBlocksAt, 1U), "its superblock is wrong");
  EXPECT_EQ(set(kSuper + sb::kDevicesAt, U16{1}), "its superblock is wrong");
  EXPECT_EQ(set(kSuper + sb::kInodesAt, std::uint64_t{1}), "the superblock counts other inodes than there are");
  EXPECT_EQ(set(kSuper + sb::kRootAt, U16{UINT16_MAX}), "lies past the image's end");
  EXPECT_EQ(set(erofs::kDeviceTableAt + erofs::device::kBlocksAt, 9U), "device 1 is described wrongly");
  EXPECT_EQ(set(erofs::kDeviceTableAt + erofs::kDeviceSize, 9U), "device 2 is described wrongly");
  EXPECT_EQ(set(0, 1U), "there is something before its superblock");
  const std::string stray = set(damage.size() - 4, 1U);
  EXPECT_EQ(stray, "byte " + std::to_string(damage.size() - 32) + " and those after it belong to nothing");
  error_of(base::Code::kCorrupt, [] { check_erofs({}, {0}); });
}

}  // namespace
}  // namespace davit::codec
