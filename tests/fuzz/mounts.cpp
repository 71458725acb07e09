// --mount, -v, --tmpfs and --volumes-from as users write them: what is accepted and passes the daemon's look has a
// target inside the container.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/mount_flag.h"
#include "container/volume_spec.h"
#include "tests/fuzz/require.h"

namespace {

using namespace davit;
using fuzz::attempt;
using fuzz::require;

constexpr std::size_t kLongest = 400;  // refusals show the whole text, four bytes for one that cannot be printed

void check(const container::MountPoint& mount) {
  container::check_mount(mount);
  require(mount.target.is_absolute());
  const auto clean = container::clean_path(mount.target.string());
  require(clean == container::clean_path(clean.string()));
  for (const auto& part : clean) require(part != "..");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kLongest) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  attempt([&] { check(cli::parse_mount(text).mount); });
  attempt([&] { check(container::parse_volume(text)); });
  attempt([&] { check(container::parse_tmpfs(text)); });
  attempt([&] { require(!container::parse_volumes_from(text).container.empty()); });
  return 0;
}
