#include "codec/gzip_members.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <libdeflate.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/log.h"
#include "codec/gzip.h"

namespace davit::codec {

namespace {

using base::Code;
using base::Error;

constexpr std::uint64_t kSpacing = 512 * 1024;
constexpr std::size_t kMostFileBytes = 256 * 1024 * 1024;
constexpr std::string_view kTitle = "davit gzip members 1\n";

std::string checksum_line(std::string_view text) {
  return fmt::format("crc32 {:08x}\n", libdeflate_crc32(0, text.data(), text.size()));
}

// Takes "NUMBER" and the character after it off a text; nothing where it does not begin so.
std::optional<std::uint64_t> take_number(std::string_view& text, char end) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest == text.data() + text.size() || *rest != end) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// Nothing where it is damaged.
std::optional<GzipMembers> parse_table(std::string_view text) {
  GzipMembers members;
  while (!text.empty()) {
    const auto offset = take_number(text, ' ');
    const auto data_offset = offset ? take_number(text, '\n') : std::nullopt;
    if (!data_offset) return std::nullopt;
    members.add({*offset, *data_offset});
  }
  return members;
}

// From a place in the data to its end; owns what it reads.
class GzipTail final : public base::Source {
 public:
  GzipTail(std::unique_ptr<base::Source> blob, unsigned threads)
      : blob_(std::move(blob)), data_(gunzip(*blob_, threads)) {}
  std::size_t read(base::ByteSpan buffer) override { return data_->read(buffer); }

 private:
  std::unique_ptr<base::Source> blob_;
  std::unique_ptr<base::Source> data_;
};

void skip(base::Source& source, std::uint64_t count) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(count, base::kCopyBufferBytes));
  while (count > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer.size()));
    const std::size_t got = source.read(base::ByteSpan(buffer).first(wanted));
    if (got == 0) throw Error(Code::kInvalidArgument, "the gzip data ends before the place that was asked for");
    count -= got;
  }
}

}  // namespace

void GzipMembers::add(const GzipMember& member) {
  if (kept_.empty() || member.data_offset >= kept_.back().data_offset + kSpacing) kept_.push_back(member);
}

GzipMember GzipMembers::find(std::uint64_t data_offset) const {
  const auto after = std::ranges::upper_bound(kept_, data_offset, {}, &GzipMember::data_offset);
  return after == kept_.begin() ? GzipMember() : *std::prev(after);
}

void write_gzip_members(const std::filesystem::path& path, const oci::Digest& blob, const GzipMembers& members) {
  std::string text = fmt::format("{}blob {}\n", kTitle, blob.text());
  for (const GzipMember& member : members.kept()) text += fmt::format("{} {}\n", member.offset, member.data_offset);
  base::fs::write_file(path, text + checksum_line(text));
}

std::optional<GzipMembers> read_gzip_members(const std::filesystem::path& path, const oci::Digest& blob) {
  const auto file = base::fs::read_file_if_exists(path, kMostFileBytes);
  if (!file) return std::nullopt;
  std::string_view text = *file;
  const std::size_t body = text.rfind("crc32 ");
  std::optional<GzipMembers> members;
  if (body != std::string_view::npos && text.substr(body) == checksum_line(text.substr(0, body))) {
    text = text.substr(0, body);
    const bool known = take(text, kTitle);
    if (known && !take(text, fmt::format("blob {}\n", blob.text()))) return std::nullopt;
    if (known) members = parse_table(text);
  }
  if (!members) base::log::warn("{} is damaged and not used", path.string());
  return members;
}

std::unique_ptr<base::Source> open_gzip_at(const GzipOpener& open, const GzipMembers& members,
                                           std::uint64_t data_offset, unsigned threads) {
  const GzipMember from = members.find(data_offset);
  auto tail = std::make_unique<GzipTail>(open(from.offset), threads);
  skip(*tail, data_offset - from.data_offset);
  return tail;
}

}  // namespace davit::codec
