#include "container/host_propagation.h"

#include <filesystem>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"

namespace davit::container {

namespace {

struct HostMount {
  std::string mount_point;
  bool shared = false, slave = false;
};

// The kernel writes blanks and backslashes in names as three octal digits.
std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool holds(const std::string& mount_point, const std::string& path) {
  return mount_point == "/" || path == mount_point || path.starts_with(mount_point + "/");
}

// The mount that the path lies on: the deepest of those around it, of equals the one mounted last.
HostMount mount_of(const std::string& path, std::string_view mountinfo) {
  HostMount found;
  for (const auto& line : base::split(mountinfo, '\n')) {
    const auto words = base::split(line, ' ');
    if (words.size() < 7) continue;
    HostMount mount = {.mount_point = unescape(words[4])};
    if (!holds(mount.mount_point, path) || mount.mount_point.size() < found.mount_point.size()) continue;
    for (std::size_t i = 6; i < words.size() && words[i] != "-"; ++i) {
      mount.shared |= words[i].starts_with("shared:");
      mount.slave |= words[i].starts_with("master:");
    }
    found = std::move(mount);
  }
  return found;
}

}  // namespace

void require_propagation(std::string_view propagation, const std::string& path, const std::string& real_path,
                         std::string_view mountinfo) {
  const bool shared = propagation.ends_with("shared");
  const bool slave = propagation.ends_with("slave");
  if (!shared && !slave) return;
  const auto mount = mount_of(real_path, mountinfo);
  if (mount.shared || (slave && mount.slave)) return;
  throw base::Error::format(base::Code::kNotSupported, "path {} is mounted on {} but it is not a shared{} mount", path,
                            mount.mount_point, slave ? " or slave" : "");
}

void require_propagation(std::string_view propagation, const std::string& path) {
  if (propagation.find("private") != std::string_view::npos) return;
  std::error_code failure;
  const auto real_path = std::filesystem::canonical(path, failure);
  if (failure) base::throw_errno(failure.value(), "find " + path);
  require_propagation(propagation, path, real_path.string(), base::fs::read_file("/proc/self/mountinfo"));
}

}  // namespace davit::container
