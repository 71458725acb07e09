#pragma once
// Parser directives: `# name=value` comments at the top of the file, before all else (Dockerfile reference, "Parser
// directives").

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dockerfile/source.h"

namespace davit::dockerfile {

struct Directive {
  std::string value;
  std::size_t line = 0;
};

struct Directives {
  char escape = '\\';               // `escape`: that, or a backquote
  std::optional<Directive> syntax;  // the frontend's name alone, without what follows a space
  std::optional<Directive> check;   // see lint_options.h
  std::size_t lines = 0;            // how many lines at the top are directives
};

// Throws SourceError: a directive that is there twice, an escape that is none, a syntax that is not Dockerfile's stable
// or labs one (kNotSupported: davit has no other frontends).
Directives read_directives(const Source& source);

// Whether davit reads files that ask for that frontend: docker/dockerfile with the tags latest, 1, 1.N, 1.N.N, labs or
// one of those with -labs, from docker.io, with a digest or without.
bool is_known_syntax(std::string_view frontend);

}  // namespace davit::dockerfile
