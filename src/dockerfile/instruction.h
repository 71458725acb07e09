#pragma once
// The instructions of a Dockerfile as typed values (Dockerfile reference; the order is its). Values are as written,
// with variables in them; expand.h replaces those.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dockerfile/heredoc.h"
#include "dockerfile/mount.h"
#include "dockerfile/parser.h"
#include "dockerfile/source.h"

namespace davit::dockerfile {

struct From {
  std::string base;      // "alpine:3.20", "$BASE", "builder", "scratch"
  std::string platform;  // empty where none is given
  std::string name;      // the stage's, in lower case; empty where it has none
  std::string as_word;   // "AS" and the name as written
  std::string name_written;
  std::string description;  // from a comment "# NAME …" right above
};

// What RUN, CMD, ENTRYPOINT have in shell form ("make all": one word, for the shell) or in exec form (["make", "all"]).
struct CommandLine {
  bool shell_form = false;
  std::vector<std::string> words;
  std::vector<Heredoc> heredocs;  // RUN's, in shell form
};

enum class RunNetwork { kDefault, kNone, kHost };
enum class RunSecurity { kSandbox, kInsecure };

struct MountFlag {
  std::string text;  // the flag's value
  std::string from;  // its from, which has no variables
};

struct Run {
  CommandLine command;
  std::vector<MountFlag> mount_flags;
  std::vector<Mount> mounts;  // empty until expand.h has replaced the variables
  RunNetwork network = RunNetwork::kDefault;
  RunSecurity security = RunSecurity::kSandbox;
};

struct Cmd {
  CommandLine command;
};

struct Entrypoint {
  CommandLine command;
};

struct Env {
  std::vector<KeyValue> pairs;
};

struct Label {
  std::vector<KeyValue> pairs;
};

// A file whose content the Dockerfile has.
struct InlineFile {
  std::string name;
  std::string content;  // without tabs where "<<-" drops them
  bool expands = true;  // variables in the content are replaced
};

struct CopySources {
  std::vector<std::string> paths;
  std::vector<InlineFile> files;
  std::string destination;
  std::string chown;
  std::string chmod;
  bool link = false;
  std::vector<std::string> excludes;  // patterns as ignore_patterns.h has them
};

struct Copy {
  CopySources sources;
  std::string from;  // a stage's name or number, an image or a named context; empty: the build context
  bool parents = false;
};

struct Add {
  CopySources sources;
  std::string checksum;              // "sha256:…", or a commit
  std::optional<bool> keep_git_dir;  // nothing where the flag is not given
  std::optional<bool> unpack;
};

struct Expose {
  std::vector<std::string> ports;  // see ports.h; sorted
};

struct User {
  std::string user;
};

struct Workdir {
  std::string path;
};

struct Volume {
  std::vector<std::string> paths;
};

struct Shell {
  std::vector<std::string> words;
};

struct StopSignal {
  std::string signal;
};

// 0 of a duration or of retries: the default.
struct HealthCheck {
  bool none = false;
  CommandLine command;
  std::chrono::nanoseconds interval{0};
  std::chrono::nanoseconds timeout{0};
  std::chrono::nanoseconds start_period{0};
  std::chrono::nanoseconds start_interval{0};
  int retries = 0;
};

struct OnBuild {
  std::string trigger;  // an instruction's text, here-documents included: see parse_trigger in dockerfile.h
};

struct ArgDefinition {
  std::string name;
  std::optional<std::string> value;  // its default
  std::string description;           // from a comment "# NAME …" right above
};

struct Arg {
  std::vector<ArgDefinition> definitions;
};

struct Maintainer {
  std::string author;
};

using InstructionValue = std::variant<From, Run, Cmd, Entrypoint, Env, Label, Copy, Add, Expose, User, Workdir, Volume,
                                      Shell, StopSignal, HealthCheck, OnBuild, Arg, Maintainer>;

struct Instruction {
  std::string keyword;  // as written: "RUN", "run"
  std::string text;     // for messages and history: continuations joined, without here-documents
  LineRange lines;
  std::vector<std::string> comments;  // those above it, without "#"
  InstructionValue value;
};

// Throws Error(kInvalidArgument) in BuildKit's words, without the place: "unknown flag: --form (did you mean from?)",
// "unknown instruction: FORM (did you mean FROM?)"; Error(kNotSupported) for RUN --device.
Instruction parse_instruction(const Statement& statement);

}  // namespace davit::dockerfile
