#pragma once
// What the name of a layer's entry asks for: OCI image-spec, layer.md, "Representing Changes" and "Whiteouts". Pure.

#include <string>
#include <string_view>

namespace davit::layer {

enum class NameKind {
  kRoot,      // the layer's root itself: "./", "/"
  kEntry,     // a file, folder, link, …
  kWhiteout,  // ".wh.NAME": what lower layers have under NAME is gone
  kOpaque,    // ".wh..wh..opq": what lower layers have in `parent` is gone
  kIgnored,   // other ".wh..wh.*": AUFS's own bookkeeping, and all in it
};

struct ArchiveName {
  NameKind kind = NameKind::kEntry;
  std::string parent;  // "" for the root; no leading or trailing slash, no "." or ".."
  std::string name;    // of a whiteout: what it hides
};

// A name with leading slashes and "." parts dropped and ".." applied to the text, as docker does: "/./a//x/../b" is
// "a/b". Throws Error(kInvalidArgument) naming it where it climbs out ("../x", "a/../../x"; "/../x" is "x", as / has no
// parent), holds a NUL, or is longer than Linux allows (255 bytes a part, 4095 in all).
std::string clean_archive_path(std::string_view path);

// Cleans and classifies; what a whiteout hides may have a name of 255 bytes, too. Also throws Error(kInvalidArgument)
// for whiteouts of nothing (".wh.", ".wh..", ".wh...") and for entries in a folder whose name is a whiteout's.
ArchiveName parse_archive_name(std::string_view path);

// "a/b/c" -> "a/b" and "c"; "c" -> "" and "c".
std::string_view parent_of(std::string_view path);
std::string_view last_of(std::string_view path);
std::string join_path(std::string_view parent, std::string_view name);
// Whether `path` is `folder` or lies below it; everything lies below "".
bool is_inside(std::string_view path, std::string_view folder);

}  // namespace davit::layer
