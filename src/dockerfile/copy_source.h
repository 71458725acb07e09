#pragma once
// Sources of COPY and ADD as paths (Dockerfile reference, "COPY", "Pattern matching" and "--parents").

#include <string>
#include <string_view>

namespace davit::dockerfile {

// Whether a source has *, ? or [ that is not escaped: such a one may match nothing.
bool has_wildcards(std::string_view source);

// A source at its first component with wildcards: "a/b*/c" is "a" and "b*/c". pattern is empty where there are none. A
// file matches when PathPattern(pattern, kAsStar) matches its path below folder; what lies in a folder that matches
// comes with it.
struct WildcardSource {
  std::string folder;
  std::string pattern;
};
WildcardSource split_wildcards(std::string_view source);

// A source of COPY --parents: what stands before "/./" is not kept in the destination. pattern is clean and relative;
// "**" in it is any folders: PathPattern(pattern, kAnyFolders).
struct ParentsSource {
  std::string folder;  // "/" where there is no "/./"
  std::string pattern;
  bool must_exist = false;  // no wildcards
};
ParentsSource parents_source(std::string_view source);

bool is_http_url(std::string_view source);  // http:// or https://

}  // namespace davit::dockerfile
