#pragma once
// Where the members of a gzip begin, so that its data can be read from the middle: docs/formats/gzip.md.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/io.h"
#include "oci/digest.h"

namespace davit::codec {

// A member's beginning: in the gzip, and in the data that it holds.
struct GzipMember {
  std::uint64_t offset = 0;
  std::uint64_t data_offset = 0;
  bool operator==(const GzipMember&) const = default;
};

// Filled by a decompressor as it goes (compression.h): whole once that has come to its end. Members that follow within
// 512 KiB of data are left out, so that the table stays small whoever made the gzip.
class GzipMembers {
 public:
  void add(const GzipMember& member);  // in order
  // The last one kept that begins at or before a place in the data; {0, 0} where there is none.
  GzipMember find(std::uint64_t data_offset) const;
  bool worth_keeping() const { return kept_.size() > 1; }  // one alone tells nothing
  const std::vector<GzipMember>& kept() const { return kept_; }

 private:
  std::vector<GzipMember> kept_;
};

// The table of a blob as a file, not synced. A reader finds nothing where the file is missing, damaged (a warning is
// logged) or of another blob: the table is only a short cut.
void write_gzip_members(const std::filesystem::path& path, const oci::Digest& blob, const GzipMembers& members);
std::optional<GzipMembers> read_gzip_members(const std::filesystem::path& path, const oci::Digest& blob);

// Opens the gzip at one of its bytes, not past its end.
using GzipOpener = std::function<std::unique_ptr<base::Source>(std::uint64_t offset)>;

// The data of a gzip from `data_offset` on: inflated from the member that holds it, without what is before that.
// Members are checked as by gunzip. Error(kInvalidArgument) where the data ends before; at its very end there is
// nothing to read.
std::unique_ptr<base::Source> open_gzip_at(const GzipOpener& open, const GzipMembers& members,
                                           std::uint64_t data_offset, unsigned threads = 1);

}  // namespace davit::codec
