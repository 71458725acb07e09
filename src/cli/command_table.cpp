#include <algorithm>

#include "cli/command.h"
#include "cli/command_rows.h"

namespace davit::cli {

namespace {

using enum ValueKind;

// Each row, and one more for each of its other names: "image ls" is "images" under another name.
std::vector<Command> all_rows() {
  std::vector<Command> rows;
  for (const auto& part : {build_commands(), file_commands(), image_commands(), lifecycle_commands(),
                           network_commands(), registry_commands(), registry_server_commands(), run_commands(),
                           stream_commands(), system_commands(), volume_commands()}) {
    for (const Command& command : part) {
      rows.push_back(command);
      for (const std::string_view alias : command.aliases) {
        Command other = command;
        other.name = alias;
        other.alias_of = command.name;
        rows.push_back(std::move(other));
      }
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Command& a, const Command& b) { return a.name < b.name; });
  return rows;
}

}  // namespace

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags = {
      {.name = "config",
       .kind = kString,
       .help = "Configuration file",
       .default_text = "/etc/davit/davit.toml",
       .values = "FILE"},
      {.name = "debug", .letter = 'D', .help = "Show what led to an error, and debug messages"},
      {.name = "log-level",
       .letter = 'l',
       .kind = kString,
       .help = "Set the logging level: debug, info, warn, error, off",
       .default_text = "warn",
       .values = "debug info warn error off"},
      {.name = "root",
       .kind = kString,
       .help = "Keep everything under one folder (also by DAVIT_ROOT)",
       .default_text = "/var/lib/davit",
       .values = "FILE"},
      {.name = "storage-driver",
       .kind = kString,
       .help = "How new layers are kept: auto, erofs, overlay (also by DAVIT_STORAGE_DRIVER)",
       .default_text = "auto",
       .values = "auto erofs overlay"},
      {.name = "version", .letter = 'v', .help = "Print version information and quit"},
  };
  return flags;
}

const std::vector<Group>& groups() {
  static const std::vector<Group> table = {
      {"builder", "Manage builds"},       {"container", "Manage containers"},
      {"image", "Manage images"},         {"manifest", "Manage Docker image manifests and manifest lists"},
      {"network", "Manage networks"},     {"registry", "Serve and manage a registry"},
      {"system", "Manage davit"},         {"tags", "Manage tags and their history"},
      {"volume", "Manage volumes", true},
  };
  return table;
}

const Group* find_group(std::string_view name) {
  const auto found =
      std::find_if(groups().begin(), groups().end(), [&](const Group& group) { return group.name == name; });
  const std::string prefix = std::string(name) + " ";
  const bool has_commands = std::any_of(commands().begin(), commands().end(), [&](const Command& command) {
    return !command.hidden && command.name.starts_with(prefix);
  });
  return found == groups().end() || !has_commands ? nullptr : &*found;
}

const std::vector<Command>& commands() {
  static const std::vector<Command> table = all_rows();
  return table;
}

const Command* find_command(const std::vector<std::string>& words, std::size_t* used) {
  const Command* best = nullptr;
  for (const Command& command : commands()) {
    std::string joined;
    for (std::size_t i = 0; i < words.size() && i < 3; ++i) {
      joined += (i == 0 ? "" : " ") + words[i];
      if (joined == command.name) {
        best = &command;
        *used = i + 1;
      }
    }
  }
  return best;
}

}  // namespace davit::cli
