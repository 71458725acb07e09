// .dockerignore: the first line is a path, the rest is the file. Asking for the path alone and walking down to it
// agree, and a folder that can be skipped has nothing in it that is kept.
#include "dockerfile/ignore_patterns.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"

using namespace davit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 12) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string path = dockerfile::clean_path(text.substr(0, end));
  fuzz::require(dockerfile::clean_path(path) == path);
  if (path.starts_with('/') || path.starts_with("..")) return 0;
  fuzz::attempt([&] {
    const auto patterns = dockerfile::IgnorePatterns::parse(text.substr(end));
    auto folder = patterns.root();
    bool skipped = false;
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      folder = patterns.enter(folder, path.substr(0, slash));
      skipped |= patterns.can_skip(folder, path.substr(0, slash));
    }
    const bool ignored = patterns.ignores(folder, path);
    fuzz::require(ignored == patterns.ignores(path));
    fuzz::require(ignored || !skipped);
    fuzz::require(patterns.empty() == patterns.texts().empty());
  });
  return 0;
}
