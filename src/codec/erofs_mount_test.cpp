// The kernel's own opinion of the images: mounted, in a mount namespace that ends with the program.

#include <algorithm>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "codec/erofs.h"
#include "codec/erofs_test_support.h"
#include "codec/test_support.h"

namespace davit::codec {
namespace {

using testing::difference;
using testing::listing_of;
using testing::Sample;

class ErofsMountTest : public ::testing::TestWithParam<base::fs::Backing> {
 protected:
  ~ErofsMountTest() override {
    if (mounted_) base::fs::unmount(target());
  }

  std::filesystem::path target() const { return folder_.path() / "mounted"; }
  std::filesystem::path beside() const { return folder_.path() / "beside"; }

  // Empty, or why this machine cannot.
  std::string mount(const std::string& image, const std::string& archive, bool with_beside) {
    base::fs::ErofsMount mount{
        .image = folder_.path() / "image", .devices = {folder_.path() / "archive"}, .backing = GetParam()};
    base::fs::write_file(mount.image, image);
    base::fs::write_file(mount.devices[0], archive);
    if (with_beside) mount.devices.push_back(beside());
    std::filesystem::create_directory(target());
    try {
      base::fs::mount_erofs(mount, target());
      mounted_ = true;
      return {};
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::Code::kNotSupported) << error.message();
      return error.message();
    }
  }
  std::string mount(const Sample& sample) {
    base::fs::write_file(beside(), sample.beside);
    const std::string image = sample.image();
    check_erofs(base::as_byte_view(image), sample.devices());
    return mount(image, sample.archive, !sample.beside.empty());
  }

 private:
  base::fs::TemporaryDirectory folder_ = testing::temporary_directory();
  bool mounted_ = false;
};

INSTANTIATE_TEST_SUITE_P(Backings, ErofsMountTest,
                         ::testing::Values(base::fs::Backing::kFile, base::fs::Backing::kLoop),
                         [](const auto& test) { return test.param == base::fs::Backing::kFile ? "File" : "Loop"; });

TEST_P(ErofsMountTest, TheKernelSeesTheTree) {
  const Sample sample = testing::sample_of_everything();
  if (const std::string why = mount(sample); !why.empty()) GTEST_SKIP() << why;
  EXPECT_EQ(difference(listing_of(sample), listing_of(target())), "");
}

TEST_P(ErofsMountTest, TheKernelSeesRandomTrees) {
  const Sample sample = testing::random_sample(20, 3000);
  if (const std::string why = mount(sample); !why.empty()) GTEST_SKIP() << why;
  EXPECT_EQ(difference(listing_of(sample), listing_of(target())), "");
}

TEST_P(ErofsMountTest, AnEmptyTreeMounts) {
  if (const std::string why = mount(Sample()); !why.empty()) GTEST_SKIP() << why;
  EXPECT_EQ(difference(listing_of(Sample()), listing_of(target())), "");
}

TEST_P(ErofsMountTest, AFolderOf100000EntriesIsListedAndSearched) {
  Sample sample;
  const NodeId folder = sample.folder(kRootNode, "folder");
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) sample.file(folder, "file " + std::to_string(i * 7919LL % kCount), "");
  if (const std::string why = mount(sample); !why.empty()) GTEST_SKIP() << why;
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(target() / "folder")) ++count;
  EXPECT_EQ(count, kCount);
  struct stat status {};
  for (int i = 0; i < kCount; i += 37) {
    ASSERT_EQ(::stat((target() / "folder" / ("file " + std::to_string(i))).c_str(), &status), 0) << i;
  }
  EXPECT_NE(::stat((target() / "folder" / "file 100000").c_str(), &status), 0);
}

// Over 4 GiB with holes, its pieces where a sparse file has them.
TEST_P(ErofsMountTest, AFileOver4GiBWithHolesIsReadEverywhere) {
  constexpr unsigned kBits = 23;
  constexpr std::uint64_t kPiece = std::uint64_t{1} << kBits, kSize = (std::uint64_t{5} << 30) + 12345;
  Sample sample;
  FileChunks chunks{.size_bits = kBits, .offsets = {}};
  std::uint64_t used = 0;
  for (std::uint64_t i = 0; i <= kSize >> kBits; ++i) {
    const bool hole = i % 64 != 5 && i != kSize >> kBits;
    chunks.offsets.push_back(hole ? FileChunks::kHole : used);
    if (!hole) used += kPiece;
  }
  // Each piece of data begins with its number; beside itself is sparse.
  auto file =
      base::fs::File::open(beside(), {.access = base::fs::Access::kReadWrite, .create = base::fs::Create::kIfMissing});
  file.truncate(used);
  const auto text_of = [](std::uint64_t piece) { return "piece " + std::to_string(piece) + "."; };
  for (std::uint64_t i = 0; i < chunks.offsets.size(); ++i) {
    if (chunks.offsets[i] != FileChunks::kHole) file.write_at(base::as_byte_view(text_of(i)), chunks.offsets[i]);
  }
  const auto offsets = chunks.offsets;
  sample.tree.add(
      kRootNode, "sparse",
      {.place = DataPlace::kBeside, .mode = 0600, .size = kSize, .chunks = sample.tree.add_chunks(std::move(chunks))});
  ErofsOptions options = sample.options();
  options.beside_bytes = used;
  base::StringSink image;
  write_erofs(sample.tree, options, image);
  check_erofs(base::as_byte_view(image.text()), {0, used});
  if (const std::string why = mount(image.text(), "", true); !why.empty()) GTEST_SKIP() << why;

  const auto mounted = base::fs::File::open(target() / "sparse");
  EXPECT_EQ(mounted.size(), kSize);
  std::string read(4096, 'x');
  for (std::uint64_t i = 0; i < offsets.size(); ++i) {
    std::string expected = offsets[i] == FileChunks::kHole ? "" : text_of(i);
    expected.resize(read.size(), '\0');
    ASSERT_EQ(mounted.read_at(std::as_writable_bytes(std::span(read)), i * kPiece), read.size());
    ASSERT_EQ(read, expected) << i;
  }
  EXPECT_EQ(mounted.read_at(std::as_writable_bytes(std::span(read)), kSize - 1), 1U);
}

// As an overlay's lower layer: whiteouts and opaque folders do what they are for.
TEST_P(ErofsMountTest, OverlayfsTakesItsMarks) {
  Sample sample;
  sample.device(kRootNode, "hidden", NodeType::kCharacterDevice, 0, 0);
  sample.file(sample.folder(kRootNode, "opaque", {.opaque = true, .mode = 0755}), "upper", "u");
  sample.file(sample.folder(kRootNode, "merged"), "upper", "u");
  if (const std::string why = mount(sample); !why.empty()) GTEST_SKIP() << why;
  const base::fs::TemporaryDirectory lower = testing::temporary_directory();
  for (const char* name : {"opaque", "merged"}) {
    std::filesystem::create_directory(lower.path() / name);
    base::fs::write_file(lower.path() / name / "lower", "l");
  }
  base::fs::write_file(lower.path() / "hidden", "l");
  const base::fs::TemporaryDirectory merged = testing::temporary_directory();
  base::fs::mount_overlay({.lower = {target(), lower.path()}, .upper = {}, .work = {}, .target = merged.path()});
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(merged.path())) {
    names.push_back(std::filesystem::relative(entry.path(), merged.path()));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"merged", "merged/lower", "merged/upper", "opaque", "opaque/upper"}));
  base::fs::unmount(merged.path());
}

}  // namespace
}  // namespace davit::codec
