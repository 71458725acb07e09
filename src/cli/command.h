#pragma once
// The one table of commands and flags. The parser, --help, the manual and the completions are made from it; its rows
// are in *_table.cpp.

#include <string>
#include <string_view>
#include <vector>

namespace davit::cli {

class Context;
class Arguments;

enum class ValueKind { kBool, kString, kList, kInt };

struct Flag {
  std::string_view name;  // without dashes
  char letter = 0;        // the short form, or 0
  ValueKind kind = ValueKind::kBool;
  std::string_view help;
  std::string_view default_text = "";  // shown by --help, and the value when the flag is not given
  std::string_view value_name = "";    // shown by --help; by default the kind's own
  bool hidden = false;                 // an old name, taken but not shown
  std::string_view values = "";        // for completion: "always missing never", or a word as in Command::arguments
};

inline constexpr int kAnyNumber = -1;

struct Command {
  std::string_view name;  // "pull", "tags log"
  // As --help shows them: "[OPTIONS] NAME[:TAG|@DIGEST]". Completion goes by their words: IMAGE, CONTAINER, VOLUME,
  // FILE (complete.h).
  std::string_view arguments;
  std::string_view summary;
  std::vector<Flag> flags;
  int least = 0;  // positional arguments
  int most = kAnyNumber;
  int (*handler)(Context&, const Arguments&) = nullptr;
  bool flags_end_at_argument = false;  // what follows the first argument belongs to the container
  bool hidden = false;
  bool tells_range = false;  // too few or too many arguments: docker names both bounds of some commands, of others one
  std::vector<std::string_view> aliases = {};  // its other names ("image ls"): commands() has a row for each
  std::string_view alias_of = "";              // in such a row: the first name
};

// A word that begins several commands: "image".
struct Group {
  std::string_view name;
  std::string_view summary;
  bool tells_command = false;  // after a mistake its usage line ends in COMMAND, as that of some of docker's
};

const std::vector<Command>& commands();  // by name
const std::vector<Group>& groups();
const Group* find_group(std::string_view name);  // nullptr when there is none, or none of its commands is shown
const std::vector<Flag>& global_flags();

// The longest command whose words begin `words`, and how many words it took; nullptr when there is none.
const Command* find_command(const std::vector<std::string>& words, std::size_t* used);

// One handler per command, each in a file of its own name.
int run_attach(Context& context, const Arguments& arguments);
int run_commit(Context& context, const Arguments& arguments);
int run_completion(Context& context, const Arguments& arguments);
int run_container_inspect(Context& context, const Arguments& arguments);
int run_container_prune(Context& context, const Arguments& arguments);
int run_create(Context& context, const Arguments& arguments);
int run_copy(Context& context, const Arguments& arguments);
int run_cp(Context& context, const Arguments& arguments);
int run_diff(Context& context, const Arguments& arguments);
int run_exec(Context& context, const Arguments& arguments);
int run_export(Context& context, const Arguments& arguments);
int run_history(Context& context, const Arguments& arguments);
int run_image_inspect(Context& context, const Arguments& arguments);
int run_image_prune(Context& context, const Arguments& arguments);
int run_images(Context& context, const Arguments& arguments);
int run_build(Context& context, const Arguments& arguments);
int run_builder_prune(Context& context, const Arguments& arguments);
int run_import(Context& context, const Arguments& arguments);
int run_info(Context& context, const Arguments& arguments);
int run_inspect(Context& context, const Arguments& arguments);
int run_internal_complete(Context& context, const Arguments& arguments);
int run_internal_exited(Context& context, const Arguments& arguments);
int run_internal_manual(Context& context, const Arguments& arguments);
int run_kill(Context& context, const Arguments& arguments);
int run_load(Context& context, const Arguments& arguments);
int run_login(Context& context, const Arguments& arguments);
int run_logout(Context& context, const Arguments& arguments);
int run_logs(Context& context, const Arguments& arguments);
int run_manifest_inspect(Context& context, const Arguments& arguments);
int run_manifest_refused(Context& context, const Arguments& arguments);
int run_pause(Context& context, const Arguments& arguments);
int run_ps(Context& context, const Arguments& arguments);
int run_pull(Context& context, const Arguments& arguments);
int run_push(Context& context, const Arguments& arguments);
int run_registry_check_config(Context& context, const Arguments& arguments);
int run_registry_du(Context& context, const Arguments& arguments);
int run_registry_fsck(Context& context, const Arguments& arguments);
int run_registry_ls(Context& context, const Arguments& arguments);
int run_registry_rm(Context& context, const Arguments& arguments);
int run_registry_serve(Context& context, const Arguments& arguments);
int run_registry_token_create(Context& context, const Arguments& arguments);
int run_registry_token_ls(Context& context, const Arguments& arguments);
int run_registry_token_rm(Context& context, const Arguments& arguments);
int run_registry_token_rotate_key(Context& context, const Arguments& arguments);
int run_registry_user_add(Context& context, const Arguments& arguments);
int run_registry_user_rm(Context& context, const Arguments& arguments);
int run_rename(Context& context, const Arguments& arguments);
int run_restart(Context& context, const Arguments& arguments);
int run_rm(Context& context, const Arguments& arguments);
int run_rmi(Context& context, const Arguments& arguments);
int run_run(Context& context, const Arguments& arguments);
int run_save(Context& context, const Arguments& arguments);
int run_search(Context& context, const Arguments& arguments);
int run_start(Context& context, const Arguments& arguments);
int run_stats(Context& context, const Arguments& arguments);
int run_stop(Context& context, const Arguments& arguments);
int run_system_df(Context& context, const Arguments& arguments);
int run_system_prune(Context& context, const Arguments& arguments);
int run_tag(Context& context, const Arguments& arguments);
int run_tags_log(Context& context, const Arguments& arguments);
int run_tags_ls(Context& context, const Arguments& arguments);
int run_tags_restore(Context& context, const Arguments& arguments);
int run_tags_rm(Context& context, const Arguments& arguments);
int run_top(Context& context, const Arguments& arguments);
int run_unpause(Context& context, const Arguments& arguments);
int run_update(Context& context, const Arguments& arguments);
int run_version(Context& context, const Arguments& arguments);
int run_network_connect(Context& context, const Arguments& arguments);
int run_network_create(Context& context, const Arguments& arguments);
int run_network_disconnect(Context& context, const Arguments& arguments);
int run_network_inspect(Context& context, const Arguments& arguments);
int run_network_ls(Context& context, const Arguments& arguments);
int run_network_prune(Context& context, const Arguments& arguments);
int run_network_reload(Context& context, const Arguments& arguments);
int run_network_rm(Context& context, const Arguments& arguments);
int run_port(Context& context, const Arguments& arguments);
int run_volume_create(Context& context, const Arguments& arguments);
int run_volume_inspect(Context& context, const Arguments& arguments);
int run_volume_ls(Context& context, const Arguments& arguments);
int run_volume_prune(Context& context, const Arguments& arguments);
int run_volume_rm(Context& context, const Arguments& arguments);
int run_wait(Context& context, const Arguments& arguments);

}  // namespace davit::cli
