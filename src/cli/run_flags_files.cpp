// Mounts.

#include <algorithm>
#include <filesystem>

#include "base/strings.h"
#include "cli/mount_flag.h"
#include "cli/run_flag_rows.h"
#include "container/volume_spec.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

// As docker's client: "./data:/x" is taken from the current folder.
std::string absolute_spec(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (!text.starts_with('.') || colon == std::string::npos) return text;
  const auto source = std::filesystem::current_path() / text.substr(0, colon);
  return container::clean_path(source.string()).string() + text.substr(colon);
}

void put_volumes(const Values& values, RunLine& line) {
  std::vector<std::string> texts;
  for (const std::string& text : values.list()) {
    if (text.empty()) throw ClientError("invalid empty volume spec");
    if (("\n:" + text + ":").find("::") != std::string::npos)
      throw ClientError("invalid spec: " + text + ": empty section between colons");
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  for (const std::string& text : texts) line.asked().mounts.push_back(container::parse_volume(absolute_spec(text)));
}

void put_mounts(const Values& values, RunLine& line) {
  for (auto& [type, mount] : values.each_parsed(parse_mount)) {
    if (type != "bind" && type != "volume" && type != "tmpfs")
      throw base::Error::format(base::Code::kInvalidArgument,
                                "invalid mount config for type \"{}\": mount type unknown", base::printable(type));
    container::MountPoint one = mount;
    one.target = container::clean_path(one.target.string());
    container::check_mount(one);
    if (one.kind == container::MountKind::kBind) one.source = container::clean_path(one.source).string();
    line.asked().mounts.push_back(std::move(one));
  }
}

// Of one that comes twice the last.
void put_tmpfs(const Values& values, RunLine& line) {
  auto& mounts = line.asked().mounts;
  for (const std::string& text : values.list()) {
    auto mount = container::parse_tmpfs(text);
    std::erase_if(mounts, [&](const container::MountPoint& other) {
      return other.origin == container::MountOrigin::kTmpfsFlag && other.target == mount.target;
    });
    mounts.push_back(std::move(mount));
  }
}

void put_volumes_from(const Values& values, RunLine& line) {
  for (const std::string& text : values.list()) {
    container::parse_volumes_from(text);
    line.asked().volumes_from.push_back(text);
  }
}

void put_volume_driver(const Values& values, RunLine&) {
  const std::string driver = values.text();
  if (driver.empty() || driver == "local") return;
  throw base::Error::format(base::Code::kNotSupported, "error looking up volume plugin {0}: plugin \"{0}\" not found",
                            base::printable(driver));
}

}  // namespace

std::vector<RunFlag> file_flags() {
  return {
      {.flag = {.name = "mount",
                .kind = kList,
                .help = "Attach a filesystem mount to the container",
                .value_name = "mount"},
       .put = put_mounts},
      {.flag = {.name = "tmpfs", .kind = kList, .help = "Mount a tmpfs directory"}, .put = put_tmpfs},
      {.flag = {.name = "volume", .letter = 'v', .kind = kList, .help = "Bind mount a volume", .values = "FILE"},
       .put = put_volumes},
      {.flag = {.name = "volume-driver",
                .kind = kString,
                .help = "Optional volume driver for the container",
                .values = "local"},
       .put = put_volume_driver},
      {.flag = {.name = "volumes-from", .kind = kList, .help = "Mount volumes from the specified container(s)"},
       .put = put_volumes_from},
  };
}

}  // namespace davit::cli
