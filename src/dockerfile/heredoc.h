#pragma once
// Here-documents: `RUN <<EOF`, `COPY <<-"a.txt" <<b.txt /` (Dockerfile reference, "Here-Documents").

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

struct Heredoc {
  std::string name;         // the word that ends it: also the file's name, in COPY and ADD
  unsigned descriptor = 0;  // of "3<<EOF"; 0 where none is given
  bool expands = true;      // variables in it are replaced; no part of the name was quoted
  bool chomps = false;      // "<<-": tabs at the start of lines are dropped
  std::string content;      // as it stands in the file, line ends included
  bool operator==(const Heredoc&) const = default;
};

// A word such as <<EOF, 3<<-'EOF'; nothing when it is no here-document's. Throws Error(kInvalidArgument) for unbalanced
// quotes.
std::optional<Heredoc> parse_heredoc(std::string_view word);
// Those of a line, in order, without content. None when the line's quotes are unbalanced.
std::vector<Heredoc> heredocs_of_line(std::string_view line);

// The content with the tabs at the start of each line dropped.
std::string chomped(std::string_view content);

}  // namespace davit::dockerfile
