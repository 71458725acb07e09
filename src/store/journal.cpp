#include "store/journal.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "store/crc32c.h"

namespace davit::store {

namespace fs = base::fs;
using base::Code;
using base::Error;

namespace {

constexpr std::size_t kChecksumDigits = 8;
constexpr std::size_t kMaxLineBytes = 64 * 1024 * 1024;

std::string checksum(std::string_view text) { return fmt::format("{:08x}", crc32c(text)); }

// What is wrong with a line, or nothing and the line.
std::string check_line(std::string_view text, std::uint64_t number, std::optional<JournalLine>& line) {
  if (text.size() <= kChecksumDigits + 1 || text[kChecksumDigits] != ' ') return "is no line of a journal";
  const std::string_view json = text.substr(kChecksumDigits + 1);
  if (checksum(json) != text.substr(0, kChecksumDigits)) return "does not have its checksum";
  try {
    line = read_line(json);
  } catch (const Error& error) {
    return fmt::format("cannot be read: {}", error.message());
  }
  if (line->sequence != number) return fmt::format("has sequence {}", line->sequence);
  return {};
}

}  // namespace

std::uint64_t Journal::size() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0) return static_cast<std::uint64_t>(status.st_size);
  if (errno == ENOENT) return 0;
  base::throw_errno(errno, "stat " + path_.string());
}

Journal::Position Journal::read(Position from, const std::function<void(const JournalLine&)>& visit) const {
  const auto file = fs::File::open_if_exists(path_);
  Position position = from;
  if (!file) return position;
  std::string rest;  // read, but not yet taken apart: it begins at `position`
  std::string chunk(256 * 1024, '\0');
  while (const std::size_t count =
             file->read_at(std::as_writable_bytes(std::span(chunk)), position.offset + rest.size())) {
    rest.append(chunk, 0, count);
    std::size_t begin = 0;
    for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string_view text = std::string_view(rest).substr(begin, end - begin);
      std::optional<JournalLine> line;
      const std::string problem = check_line(text, position.lines + 1, line);
      if (!problem.empty()) {
        // After a power cut a file system may have made the file longer without its bytes. That is the last line, as
        // each is synced before the next is begun, and no line that was ever whole has a NUL.
        const bool torn = text.find('\0') != std::string_view::npos && rest.find('\n', end + 1) == std::string::npos &&
                          position.offset + (rest.size() - begin) >= size();
        if (torn) return position;
        throw Error::format(Code::kCorrupt, "'{}': line {} {}", path_.string(), position.lines + 1, problem);
      }
      visit(*line);
      position.offset += text.size() + 1;
      ++position.lines;
    }
    rest.erase(0, begin);
    if (rest.size() > kMaxLineBytes) {
      throw Error::format(Code::kCorrupt, "'{}': line {} has no end", path_.string(), position.lines + 1);
    }
  }
  return position;
}

Journal::Position Journal::append(Position end, const JournalLine& line) {
  const std::string json = write_line(line);
  read_line(json);  // a line that could not be read again would be damage to all who come after
  const std::string text = checksum(json) + " " + json + "\n";
  const bool is_new = !fs::exists(path_);
  fs::File file = fs::File::open(path_, {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing});
  if (file.size() > end.offset) file.truncate(end.offset);
  try {
    file.write_at(base::as_byte_view(text), end.offset);
    file.sync();
    if (is_new) fs::sync_directory(path_.parent_path());
  } catch (...) {
    // What a failed sync left in memory must not look durable to the next reader.
    try {
      file.truncate(end.offset);
    } catch (const Error& error) {
      base::log::warn("{}", error.message());
    }
    throw;
  }
  return {end.offset + text.size(), end.lines + 1};
}

}  // namespace davit::store
