#include "oci/platform.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <sys/utsname.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::oci {

namespace {

// Go's names (GOOS, GOARCH), which the image-spec took over. Only a specifier of one word needs them.
constexpr std::array<std::string_view, 16> kSystems = {
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd",  "illumos", "ios",
    "js",  "linux",   "nacl",   "netbsd",    "openbsd", "plan9", "solaris", "windows",
};
constexpr std::array<std::string_view, 15> kArchitectures = {
    "386",      "amd64", "arm",     "arm64",   "loong64", "mips",    "mipsle", "mips64",
    "mips64le", "ppc64", "ppc64le", "riscv64", "s390x",   "sparc64", "wasm",
};

template <typename Table>
bool contains(const Table& table, std::string_view name) {
  return std::find(table.begin(), table.end(), name) != table.end();
}

bool is_component(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw base::Error::format(base::Code::kInvalidArgument, "\"{}\": {}: invalid argument", base::printable(text), why);
}

// The number N of a variant "vN" or "vN.M" (M is 0 where it is not said).
struct VariantNumber {
  int major = 0, minor = 0;
};
std::optional<VariantNumber> parse_variant(std::string_view variant) {
  if (variant.size() < 2 || variant.front() != 'v') return std::nullopt;
  VariantNumber number;
  const char* const end = variant.data() + variant.size();
  auto result = std::from_chars(variant.data() + 1, end, number.major);
  if (result.ec != std::errc() || number.major < 1 || number.major > 99) return std::nullopt;
  if (result.ptr == end) return number;
  if (*result.ptr != '.' || result.ptr + 1 == end) return std::nullopt;
  result = std::from_chars(result.ptr + 1, end, number.minor);
  if (result.ec != std::errc() || result.ptr != end || number.minor < 0 || number.minor > 99) return std::nullopt;
  return number;
}

// Architectures that a machine runs, best first; each normalised.
struct Runnable {
  std::string architecture, variant;
};

void add_arm(std::vector<Runnable>& out, int from) {
  for (int version = from; version >= 5; --version) out.push_back({"arm", "v" + std::to_string(version)});
}

void add_arm64(std::vector<Runnable>& out, int major, int minor) {
  for (; minor >= 0; --minor) {
    std::string variant = "v" + std::to_string(major) + (minor > 0 ? "." + std::to_string(minor) : "");
    out.push_back({"arm64", variant == "v8" ? "" : std::move(variant)});
  }
}

// containerd's platforms.Only. arm64 v9.N runs what v8.(N+5) runs; arm64 runs arm; amd64 vN runs v(N-1) and 386.
std::vector<Runnable> runnable_on(const Platform& machine) {
  const std::optional<VariantNumber> variant = parse_variant(machine.variant);
  std::vector<Runnable> out;
  if (machine.architecture == "amd64" && (variant || machine.variant.empty())) {
    for (int level = variant ? variant->major : 1; level > 1; --level) {
      out.push_back({"amd64", "v" + std::to_string(level)});
    }
    out.push_back({"amd64", ""});
    out.push_back({"386", ""});
  } else if (machine.architecture == "arm" && variant && variant->major >= 5) {
    add_arm(out, variant->major);
  } else if (machine.architecture == "arm64" && (machine.variant.empty() || (variant && variant->major >= 8))) {
    const VariantNumber version = variant.value_or(VariantNumber{8, 0});
    add_arm64(out, version.major, version.minor);
    if (version.major == 9) add_arm64(out, 8, version.minor + 5);
    add_arm(out, 8);
  } else {
    out.push_back({machine.architecture, machine.variant});
  }
  return out;
}

}  // namespace

Platform Platform::normalized() const {
  Platform out{base::to_lower(os), base::to_lower(architecture), base::to_lower(variant), os_version};
  std::string& arch = out.architecture;
  if (out.os == "macos") out.os = "darwin";
  if (arch == "i386") {
    arch = "386";
    out.variant.clear();
  } else if (arch == "x86_64" || arch == "x86-64" || arch == "amd64") {
    arch = "amd64";
    if (out.variant == "v1") out.variant.clear();
  } else if (arch == "aarch64" || arch == "arm64") {
    arch = "arm64";
    if (out.variant == "8" || out.variant == "v8") out.variant.clear();
  } else if (arch == "armhf") {
    arch = "arm";
    out.variant = "v7";
  } else if (arch == "armel") {
    arch = "arm";
    out.variant = "v6";
  } else if (arch == "arm") {
    if (out.variant.empty()) out.variant = "v7";
    if (out.variant.size() == 1 && out.variant >= "5" && out.variant <= "8") out.variant = "v" + out.variant;
  }
  return out;
}

Platform Platform::parse(std::string_view text) {
  const std::vector<std::string> parts = base::split(text, '/');
  for (const std::string& part : parts) {
    if (!is_component(part)) {
      throw base::Error::format(base::Code::kInvalidArgument,
                                "\"{}\" is an invalid component of \"{}\": platform specifier component must match "
                                "\"^[A-Za-z0-9_.-]+$\": invalid argument",
                                base::printable(part), base::printable(text));
    }
  }
  if (parts.size() > 3) refuse(text, "cannot parse platform specifier");
  if (parts.size() == 3) return Platform{parts[0], parts[1], parts[2], ""}.normalized();
  if (parts.size() == 2) return Platform{parts[0], parts[1], "", ""}.normalized();

  const Platform machine = host();
  const Platform as_system = Platform{parts[0], machine.architecture, machine.variant, ""}.normalized();
  if (contains(kSystems, as_system.os)) return as_system;
  const Platform as_architecture = Platform{machine.os, parts[0], "", ""}.normalized();
  if (contains(kArchitectures, as_architecture.architecture)) return as_architecture;
  refuse(text, "unknown operating system or architecture");
}

Platform Platform::host() {
  utsname names{};
  if (::uname(&names) != 0) base::throw_errno(errno, "uname");
  std::string machine = names.machine;
  if (machine.starts_with("armv") && machine.size() > 4) return Platform{"linux", "arm", machine.substr(3, 2), ""};
  if (machine == "i486" || machine == "i586" || machine == "i686") machine = "i386";
  if (machine == "loongarch64") machine = "loong64";
  return Platform{"linux", machine, "", ""}.normalized();
}

std::string Platform::text() const {
  std::string out = os.empty() ? "unknown" : os;
  if (!architecture.empty()) out += "/" + architecture;
  if (!variant.empty()) out += "/" + variant;
  return out;
}

std::optional<int> match(const Platform& wanted, const Platform& candidate) {
  const Platform machine = wanted.normalized();
  const Platform offered = candidate.normalized();
  if (machine.os != offered.os) return std::nullopt;
  const std::vector<Runnable> order = runnable_on(machine);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i].architecture == offered.architecture && order[i].variant == offered.variant) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

}  // namespace davit::oci
