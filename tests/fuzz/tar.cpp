// Any bytes as a tar archive: an error or entries within the limits, and what was read can be written and read again.
#include "codec/tar.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"

using namespace davit;

namespace {

constexpr std::uint64_t kMostData = 1 << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const codec::TarEntry& entry, const codec::TarReader::Limits& limits) {
  require(entry.path.size() <= limits.name_bytes && entry.path.find('\0') == std::string::npos);
  require(entry.link_target.find('\0') == std::string::npos);
  require(entry.mtime.tv_nsec >= 0 && entry.mtime.tv_nsec < 1'000'000'000);
  require(entry.uid != UINT32_MAX && entry.gid != UINT32_MAX && entry.mode <= 07777);
  if (!entry.sparse) return;
  std::uint64_t end = 0;
  require(entry.sparse->size() <= limits.sparse_extents);
  for (const codec::SparseExtent& extent : *entry.sparse) {
    require(extent.size > 0 && extent.offset >= end && extent.size <= entry.size - extent.offset);
    end = extent.offset + extent.size;
  }
}

// Only of archives that we may be asked to write: the reader is more generous.
bool writable(const codec::TarEntry& entry) {
  return !entry.path.empty() && (entry.type == codec::EntryType::kDirectory || !entry.path.ends_with('/')) &&
         entry.device_major < (1 << 21) && entry.device_minor < (1 << 21);
}

// Right sums in all blocks that look like headers: mutations seldom come by them.
std::string with_checksums(std::string bytes) {
  constexpr std::size_t kBlock = 512, kSum = 148, kSumSize = 8, kMagic = 257;
  for (std::size_t at = 0; at + kBlock <= bytes.size(); at += kBlock) {
    if (bytes.compare(at + kMagic, 5, "ustar") != 0) continue;
    bytes.replace(at + kSum, kSumSize, kSumSize, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(bytes[at + i]);
    for (std::size_t i = kSumSize - 1; i-- > 0; sum >>= 3) bytes[at + kSum + i] = static_cast<char>('0' + (sum & 7));
  }
  return bytes;
}

void read_and_write(std::string_view bytes) {
  codec::TarReader::Limits limits;
  limits.entries = 1000;
  limits.name_bytes = 4096;
  limits.sparse_extents = 1000;
  base::MemorySource source(bytes);
  base::StringSink copy;
  codec::TarWriter writer(copy);
  std::vector<codec::TarEntry> entries;
  try {
    codec::TarReader reader(source, limits);
    while (const auto entry = reader.next()) {
      check(*entry, limits);
      const std::string stored = base::read_all(reader.data(), kMostData);
      if (!writable(*entry)) continue;
      base::MemorySource stored_source{std::string_view(stored)};
      writer.add(*entry, &stored_source);
      entries.push_back(*entry);
    }
    reader.drain();
  } catch (const base::Error&) {
    return;
  }
  writer.finish();
  base::MemorySource again{std::string_view(copy.text())};
  codec::TarReader reader(again);
  for (const codec::TarEntry& entry : entries) {
    const auto read = reader.next();
    require(read && read->type == entry.type && read->size == entry.size && read->xattrs == entry.xattrs);
    require(read->path == entry.path || read->path == entry.path + '/');
    require(read->link_target == entry.link_target && read->mtime.tv_sec == entry.mtime.tv_sec);
  }
  require(!reader.next());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read_and_write(bytes);
  read_and_write(with_checksums(bytes));
  return 0;
}
