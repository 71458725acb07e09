#pragma once
// Lists of patterns that leave files out: .dockerignore and COPY --exclude (Dockerfile reference, ".dockerignore file";
// moby/patternmatcher). The last pattern that matches a path, or a folder above it, decides; "!" brings back what an
// earlier one left out.
//
// Where patternmatcher's regular expressions differ from what its documentation says of a pattern, this is as the
// documentation has it: "[*]" is a star, "\d" is a d.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/path_pattern.h"

namespace davit::dockerfile {

// A compiled list. Immutable; safe to use from several threads at once. Paths are relative, with '/', clean.
class IgnorePatterns {
 public:
  IgnorePatterns() = default;
  // Throws Error(kInvalidArgument): a pattern that is malformed, or "!" alone.
  explicit IgnorePatterns(std::span<const std::string> patterns);
  // A .dockerignore file's text. Throws as above, naming the line.
  static IgnorePatterns parse(std::string_view text);

  bool empty() const { return rows_.empty(); }
  bool has_exceptions() const { return has_exceptions_; }
  // Whether a list leaves out all that is in the root: "*", "**" or "**/*" is among its patterns.
  bool leaves_out_all() const;
  std::vector<std::string> texts() const;  // the patterns, cleaned, exceptions with "!"

  // For a path alone. In a walk over a tree use a Folder: it costs less.
  bool ignores(std::string_view path) const;

  // What is known of a folder on the way down: which patterns match it or one above.
  class Folder {
   public:
    bool ignored() const { return ignored_; }

   private:
    friend class IgnorePatterns;
    std::vector<bool> matched_;
    bool ignored_ = false;
  };
  Folder root() const;
  // path: the folder's, from the root.
  Folder enter(const Folder& parent, std::string_view path) const;
  // Whether a file in that folder is left out. path: the file's, from the root.
  bool ignores(const Folder& parent, std::string_view path) const;
  // Whether the folder and all below it is left out, so that nobody needs to look into it. It may be false although
  // nothing below is brought back; it is never true wrongly.
  bool can_skip(const Folder& folder, std::string_view path) const;

 private:
  struct Row {
    PathPattern pattern;
    bool exception = false;
  };
  void add(std::string_view pattern);
  bool match(const std::vector<bool>& above, std::string_view path, std::vector<bool>* found) const;

  std::vector<Row> rows_;
  bool has_exceptions_ = false;
};

}  // namespace davit::dockerfile
