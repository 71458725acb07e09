#include "dockerfile/copy_source.h"

#include "dockerfile/path_pattern.h"

namespace davit::dockerfile {

bool has_wildcards(std::string_view source) {
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\\') {
      ++i;
    } else if (source[i] == '*' || source[i] == '?' || source[i] == '[') {
      return true;
    }
  }
  return false;
}

WildcardSource split_wildcards(std::string_view source) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t slash = source.find('/', begin);
    if (has_wildcards(source.substr(begin, slash == std::string_view::npos ? slash : slash - begin))) break;
    if (slash == std::string_view::npos) return {std::string(source), {}};
    begin = slash + 1;
  }
  std::string_view folder = source.substr(0, begin);
  if (folder.size() > 1) folder.remove_suffix(1);
  return {std::string(folder), std::string(source.substr(begin))};
}

ParentsSource parents_source(std::string_view source) {
  constexpr std::string_view kPivot = "/./";
  ParentsSource out{.folder = "/"};
  const std::size_t pivot = source.find(kPivot);
  if (pivot != std::string_view::npos) {
    out.folder = source.substr(0, pivot);
    source.remove_prefix(pivot + kPivot.size());
  }
  out.must_exist = !has_wildcards(out.folder) && !has_wildcards(source);
  out.pattern = clean_path("/" + std::string(source)).substr(1);
  return out;
}

bool is_http_url(std::string_view source) { return source.starts_with("http://") || source.starts_with("https://"); }

}  // namespace davit::dockerfile
