#pragma once
// The JSON of what the store writes: image records, lines of the journal, descriptors in the index. Private to
// src/store; docs/formats/store.md and journal.md.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/image_store.h"

namespace davit::store {

struct ImageAdded {
  ImageRecord record;
};
struct ImageRemoved {
  oci::Digest image;
};
struct ImageGone {  // mark_gone()
  oci::Digest image;
};
using Event = std::variant<ImageAdded, TagMove, ImageGone, ImageRemoved>;

// One change: its events happened together.
struct JournalLine {
  std::uint64_t sequence = 0;  // from 1; the line's number in the file
  base::Time when;
  std::string command;
  std::vector<Event> events;  // a move's sequence, when and command are those of the line
};

// Each is one line without its end. The readers throw Error(kInvalidArgument) saying what is wrong where.
std::string write_record(const ImageRecord& record);
ImageRecord read_record(std::string_view json);
std::string write_line(const JournalLine& line);
JournalLine read_line(std::string_view json);
std::string write_descriptor(const oci::Descriptor& descriptor);
oci::Descriptor read_descriptor(std::string_view json);

}  // namespace davit::store
