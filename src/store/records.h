#pragma once
// The JSON of what the store writes: image records, lines of the journal, descriptors in the index. Private to
// src/store; docs/formats/store.md and journal.md.

#include <string>
#include <string_view>
#include <variant>

#include "store/image_store.h"

namespace davit::store {

struct ImageChanged {  // its record is written or removed after this line
  oci::Digest image;
};
struct ImageGone {  // mark_gone()
  oci::Digest image;
};
struct JournalLine {
  std::uint64_t sequence = 0;  // from 1; the line's number in the file
  base::Time when;
  std::variant<TagMove, ImageChanged, ImageGone> event;  // a move's sequence and when are those of the line
};

// Each is one line without its end. The readers throw Error(kInvalidArgument) saying what is wrong where.
std::string write_record(const ImageRecord& record);
ImageRecord read_record(std::string_view json);
std::string write_line(const JournalLine& line);
JournalLine read_line(std::string_view json);
std::string write_descriptor(const oci::Descriptor& descriptor);
oci::Descriptor read_descriptor(std::string_view json);

}  // namespace davit::store
