#include "codec/gzip_members.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/fs/file.h"
#include "base/log.h"
#include "codec/compression.h"
#include "codec/gzip.h"
#include "codec/hash.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;

namespace {

std::string gzipped(std::string_view text) {
  base::StringSink out;
  const auto sink = gzip(out, 1);
  sink->write(base::as_byte_view(text));
  sink->finish();
  return out.take();
}

GzipMembers members_of(std::string_view bytes, unsigned threads = 1) {
  testing::DripSource source(bytes, 100'000);
  GzipMembers members;
  read_whole(*decompress_detected(source, nullptr, {.threads = threads, .members = &members}));
  return members;
}

// Opens a gzip in memory and notes where.
struct Opener {
  std::string_view bytes;
  std::vector<std::uint64_t> opened;
  GzipOpener function() {
    return [this](std::uint64_t offset) {
      opened.push_back(offset);
      return std::make_unique<base::MemorySource>(bytes.substr(offset));
    };
  }
};

class GzipMembersTest : public ::testing::Test {
 protected:
  ~GzipMembersTest() override { base::log::set_level(base::log::Level::kWarning); }
  base::fs::TemporaryDirectory folder_ = testing::temporary_directory();
  std::filesystem::path path_ = folder_.path() / "members";
  oci::Digest blob_ = digest_of("a blob");
};

}  // namespace

TEST_F(GzipMembersTest, EveryReaderGathersTheSameTable) {
  const std::string bytes = gzipped(testing::sample_bytes(4 * kGzipMemberBytes + 700'000));
  const GzipMembers members = members_of(bytes);
  ASSERT_EQ(members.kept().size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(members.kept()[i].data_offset, i * kGzipMemberBytes);
    EXPECT_EQ(bytes.substr(members.kept()[i].offset, 4), "\x1f\x8b\x08\x04");
  }
  for (const unsigned threads : {2u, 4u}) EXPECT_EQ(members_of(bytes, threads).kept(), members.kept());
}

TEST_F(GzipMembersTest, MembersThatLieCloseAreLeftOut) {
  const std::string member = gzipped(testing::sample_bytes(100'000));
  std::string bytes;
  for (int i = 0; i < 30; ++i) bytes += member;
  for (const unsigned threads : {1u, 2u}) {
    const auto kept = members_of(bytes, threads).kept();
    ASSERT_EQ(kept.size(), 5u);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(kept[i], (GzipMember{6 * i * member.size(), 600'000 * i}));
    }
  }
  EXPECT_FALSE(members_of(member).worth_keeping());
  EXPECT_TRUE(members_of(bytes).worth_keeping());
}

RC_GTEST_PROP(GzipMembersProperty, TheDataCanBeReadFromAnyPlace, ()) {
  static const std::string text = testing::sample_bytes(3 * kGzipMemberBytes + 600'000);
  static const std::string bytes = gzipped(text);
  static const GzipMembers members = members_of(bytes);
  const auto at = *rc::gen::oneOf(
      rc::gen::inRange<std::size_t>(0, text.size() + 1),
      rc::gen::element<std::size_t>(0, kGzipMemberBytes - 1, kGzipMemberBytes, 3 * kGzipMemberBytes, text.size()));
  Opener opener{bytes, {}};
  const auto tail = open_gzip_at(opener.function(), members, at, *rc::gen::inRange(1u, 4u));
  RC_ASSERT(read_whole(*tail) == text.substr(at));
  RC_ASSERT(opener.opened.size() == 1u);
  const std::size_t member = std::min<std::size_t>(at / kGzipMemberBytes, 3);
  RC_ASSERT(opener.opened[0] == members.kept()[member].offset);
}

TEST_F(GzipMembersTest, WithoutATableTheDataIsReadFromTheBeginning) {
  const std::string bytes = gzipped("some text");
  Opener opener{bytes, {}};
  EXPECT_EQ(read_whole(*open_gzip_at(opener.function(), {}, 5)), "text");
  EXPECT_EQ(opener.opened, std::vector<std::uint64_t>{0});
}

TEST_F(GzipMembersTest, APlaceBehindTheEndIsRefused) {
  const std::string bytes = gzipped("some text");
  Opener opener{bytes, {}};
  EXPECT_EQ(error_of(Code::kInvalidArgument, [&] { open_gzip_at(opener.function(), {}, 10); }),
            "the gzip data ends before the place that was asked for");
}

TEST_F(GzipMembersTest, AFileKeepsTheTableOfItsBlobAlone) {
  EXPECT_FALSE(read_gzip_members(path_, blob_));
  GzipMembers members;
  members.add({0, 0});
  members.add({400'000, 1 << 20});
  members.add({std::uint64_t{5} << 40, std::uint64_t{9} << 40});
  write_gzip_members(path_, blob_, members);
  const auto read = read_gzip_members(path_, blob_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kept(), members.kept());
  EXPECT_FALSE(read_gzip_members(path_, digest_of("another blob")));
}

TEST_F(GzipMembersTest, ADamagedFileIsNotUsed) {
  base::log::set_level(base::log::Level::kError);
  GzipMembers members;
  members.add({0, 0});
  members.add({400'000, 1 << 20});
  write_gzip_members(path_, blob_, members);
  const std::string whole = base::fs::read_file(path_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    base::fs::write_file(path_, whole.substr(0, size));
    EXPECT_FALSE(read_gzip_members(path_, blob_)) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    base::fs::write_file(path_, bad);
    EXPECT_FALSE(read_gzip_members(path_, blob_)) << at;
  }
}

}  // namespace davit::codec
