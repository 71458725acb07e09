#pragma once
// ROOT/tags.journal: every change of tags and images, in order, one line each; docs/formats/journal.md. Private to
// src/store. Whoever reads or appends holds the store's lock (store_lock.h), but for size().

#include <cstdint>
#include <filesystem>
#include <functional>

#include "store/records.h"

namespace davit::store {

class Journal {
 public:
  explicit Journal(std::filesystem::path path) : path_(std::move(path)) {}

  // A place between two lines.
  struct Position {
    std::uint64_t offset = 0;  // bytes
    std::uint64_t lines = 0;   // before it
    bool operator==(const Position&) const = default;
  };

  // In bytes, 0 when the file is missing. One stat(2).
  std::uint64_t size() const;

  // Visits the lines from a position on, and returns the position after the last whole one: what follows it was torn by
  // a crash and never took effect. Throws Error(kCorrupt) naming file and line for any other damage.
  Position read(Position from, const std::function<void(const JournalLine&)>& visit) const;

  // Writes a line at the end that read() gave, over a torn one, and syncs; returns the new end. When it fails the
  // journal is as before, as far as the disk allows. Error(kInvalidArgument) for a line that could not be read again.
  Position append(Position end, const JournalLine& line);

 private:
  std::filesystem::path path_;
};

}  // namespace davit::store
