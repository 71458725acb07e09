#pragma once
// A Dockerfile's text by lines, and mistakes in it shown with the lines around them, as BuildKit shows them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace davit::dockerfile {

// Lines from first to last, counted from 1. {0, 0}: no place in the file.
struct LineRange {
  std::size_t first = 0;
  std::size_t last = 0;
  bool operator==(const LineRange&) const = default;
};

class Source {
 public:
  Source() = default;
  // name: as messages say it ("Dockerfile", "docker/app.Dockerfile"). A byte order mark at the start is dropped.
  Source(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  // What follows the last line end counts as a line, if an empty one.
  std::size_t line_count() const { return starts_.size(); }
  // Without its line end (LF or CRLF). Of 1 … line_count().
  std::string_view line(std::size_t number) const;
  std::size_t line_of(std::size_t byte) const;  // the number of the line that has the byte at this offset

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

// The lines and some around them, those meant with ">>>":
//   Dockerfile:3
//   --------------------
//      2 |
//      3 | >>> RUNN make
//      4 |     CMD ["app"]
//   --------------------
// Ends with a line end. Long lines are cut, control bytes written \xNN, and of a long range the middle is left out.
// Empty when the lines are not in the file.
std::string excerpt(const Source& source, LineRange lines);

// A mistake in a Dockerfile. message() is the excerpt and then the reason.
class SourceError : public base::Error {
 public:
  SourceError(base::Code code, const Source& source, LineRange lines, std::string reason);

  LineRange lines() const { return lines_; }
  const std::string& reason() const { return reason_; }  // without the excerpt

 private:
  LineRange lines_;
  std::string reason_;
};

}  // namespace davit::dockerfile
