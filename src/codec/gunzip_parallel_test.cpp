#include <cstring>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/process.h"
#include "codec/gzip.h"
#include "codec/gzip_member.h"
#include "codec/test_support.h"

namespace davit::codec {

using base::Code;
using testing::error_of;
using testing::read_whole;

namespace {

std::string member_of(std::string_view text) {
  GzipMemberMaker maker(1);
  return std::string(base::as_text(maker.make(base::as_byte_view(text))));
}

// The same member as anybody else would have made it.
std::string ordinary_member_of(std::string_view text) {
  std::string member = member_of(text);
  member.erase(10, gzip_format::kMemberHeaderBytes - 10);
  member[3] = 0;
  return member;
}

void tell_length(std::string& member, std::uint32_t length) { std::memcpy(member.data() + 16, &length, sizeof length); }

// What reading a gzip comes to: its data and the table of its members, or an error.
struct Outcome {
  std::string data;
  std::vector<GzipMember> members;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome(std::string_view bytes, unsigned threads, std::size_t step, std::size_t most_read) {
  testing::DripSource source(bytes, step);
  GzipMembers members;
  const auto data = gunzip(source, threads, &members);
  Outcome found;
  std::vector<std::byte> buffer(most_read);
  try {
    while (const std::size_t count = data->read(buffer)) found.data += base::as_text({buffer.data(), count});
    EXPECT_EQ(data->read(buffer), 0u) << "the end stays the end";
    found.members = members.kept();
  } catch (const base::Error& e) {
    // How much comes before an error is the reader's business.
    return {.data = {}, .members = {}, .error = fmt::format("{} {}", base::name(e.code()), e.message())};
  }
  return found;
}

std::string random_member() {
  const std::string text =
      testing::sample_bytes(*rc::gen::element<std::size_t>(0, 1, *rc::gen::inRange<std::size_t>(0, 3000),
                                                           *rc::gen::inRange<std::size_t>(0, 400'000)),
                            *rc::gen::inRange(0u, 1000u));
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
      return ordinary_member_of(text);
    case 1: {  // a length that is not so
      std::string member = member_of(text);
      const auto size = static_cast<std::uint32_t>(member.size());
      tell_length(member, *rc::gen::element(0u, 1u, 28u, 29u, size - 1, size + 1, size + 1000, 1u << 20, UINT32_MAX,
                                            *rc::gen::arbitrary<std::uint32_t>()));
      return member;
    }
    default:
      return member_of(text);
  }
}

}  // namespace

RC_GTEST_PROP(ParallelGunzipProperty, ThreadsChangeNeitherBytesNorErrors, ()) {
  std::string bytes;
  for (int i = *rc::gen::inRange(0, 9); i > 0; --i) bytes += random_member();
  if (*rc::gen::inRange(0, 4) == 0) bytes += std::string(*rc::gen::inRange<std::size_t>(0, 3000), '\0');
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
      break;
    case 1:
      for (int i = *rc::gen::inRange(1, 4); i > 0 && !bytes.empty(); --i) {
        const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * bytes.size());
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      }
      break;
    default:
      break;
  }
  const auto step = *rc::gen::element<std::size_t>(1 << 20, 100'000, *rc::gen::inRange<std::size_t>(1, 5000));
  const auto most = *rc::gen::element<std::size_t>(1 << 20, 1000, 200'000);
  const Outcome serial = outcome(bytes, 1, 1 << 20, 1 << 20);
  const Outcome parallel = outcome(bytes, *rc::gen::inRange(2u, 5u), step, most);
  RC_ASSERT(parallel.error == serial.error);
  RC_ASSERT(parallel == serial);
}

TEST(ParallelGunzip, EveryTruncationAndEveryFlippedBitIsToldAsByOneThread) {
  const std::string bytes = member_of("some text") + member_of("") + member_of("and more");
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_EQ(outcome(cut, 3, 1000, 1000).error, outcome(cut, 1, 1000, 1000).error) << size;
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(outcome(bad, 3, 1000, 1000) == outcome(bad, 1, 1000, 1000)) << bit;
  }
}

TEST(ParallelGunzip, ALengthThatIsNotSoIsOnlyAHint) {
  const std::string text = testing::sample_bytes(100'000);
  for (const int wrong : {-1, 1, -1000, 1000, -99'000, 900'000}) {
    std::string liar = member_of(text);
    tell_length(liar, static_cast<std::uint32_t>(static_cast<int>(liar.size()) + wrong));
    const std::string bytes = member_of("before,") + liar + member_of(",after");
    EXPECT_TRUE(outcome(bytes, 2, 1 << 20, 1 << 20).data == "before," + text + ",after") << wrong;
  }
}

TEST(ParallelGunzip, AMemberOfMoreThanAMebibyteIsReadToo) {
  // Our header on a member that is not ours.
  const std::string text(5 << 20, 'x');
  const auto packed = base::run({.argv = {"gzip", "-cn"}}, text);
  std::string large = packed.out;
  large.insert(10, member_of("").substr(10, gzip_format::kMemberHeaderBytes - 10));
  large[3] = 4;
  tell_length(large, static_cast<std::uint32_t>(large.size()));
  ASSERT_LT(large.size(), kGzipMemberBytes);
  EXPECT_TRUE(outcome(member_of("before,") + large + member_of(",after"), 2, 1 << 20, 1 << 20).data ==
              "before," + text + ",after");
}

TEST(ParallelGunzip, ReadsAheadAsManyMembersAsItMayAndNoMore) {
  std::string bytes;
  std::vector<std::size_t> ends;
  for (unsigned i = 0; i < 40; ++i) {
    bytes += member_of(testing::sample_bytes(50'000, i));
    ends.push_back(bytes.size());
  }
  class Counting final : public base::Source {
   public:
    explicit Counting(std::string_view text) : source_(text) {}
    std::size_t read(base::ByteSpan buffer) override {
      const std::size_t count = source_.read(buffer);
      total += count;
      return count;
    }
    std::size_t total = 0;

   private:
    base::MemorySource source_;
  } source{std::string_view(bytes)};
  constexpr unsigned kThreads = 3;
  const auto data = gunzip(source, kThreads);
  std::vector<std::byte> buffer(50'000);
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_EQ(base::read_full(*data, buffer), buffer.size());
    EXPECT_LE(source.total, ends[std::min<std::size_t>(i + kThreads, 39)]) << i;
    if (i == 0) {
      EXPECT_GE(source.total, ends[1]) << "one member at a time";
    }
  }
  EXPECT_EQ(data->read(buffer), 0u);
}

TEST(ParallelGunzip, AFailureOfTheSourceComesAfterTheMembersBeforeIt) {
  const std::string bytes = member_of("one,") + member_of("two,") + member_of("three").substr(0, 30);
  class Failing final : public base::Source {
   public:
    explicit Failing(std::string_view text) : source_(text) {}
    std::size_t read(base::ByteSpan buffer) override {
      const std::size_t count = source_.read(buffer);
      if (count == 0) throw base::Error(Code::kUnavailable, "gone");
      return count;
    }

   private:
    base::MemorySource source_;
  } source{std::string_view(bytes)};
  const auto data = gunzip(source, 2);
  std::string got;
  std::vector<std::byte> buffer(100);
  const auto read_on = [&] {
    while (const std::size_t count = data->read(buffer)) got += base::as_text({buffer.data(), count});
  };
  EXPECT_EQ(error_of(Code::kUnavailable, read_on), "gone");
  EXPECT_EQ(got, "one,two,");
  EXPECT_EQ(error_of(Code::kUnavailable, read_on), "gone");
}

TEST(ParallelGunzip, MayBeGivenUpAtAnyPlace) {
  std::string bytes;
  for (unsigned i = 0; i < 10; ++i) bytes += member_of(testing::sample_bytes(300'000, i));
  std::vector<std::byte> buffer(100'000);
  for (int reads = 0; reads < 12; ++reads) {
    base::MemorySource source{std::string_view(bytes)};
    const auto data = gunzip(source, 4);
    for (int i = 0; i < reads; ++i) data->read(buffer);
  }
}

}  // namespace davit::codec
