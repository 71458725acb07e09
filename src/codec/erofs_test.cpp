#include "codec/erofs.h"

#include <cstring>
#include <random>

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

}  // namespace
}  // namespace davit::codec
