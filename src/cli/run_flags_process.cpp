// The program, its environment and its streams; what the container is called and labelled.

#include "base/strings.h"
#include "cli/flag_values.h"
#include "cli/run_flag_rows.h"
#include "cli/variable_file.h"

namespace davit::cli {

using enum ValueKind;
using Values = FlagValues;

namespace {

void put_attach(const Values& values, RunLine& line) {
  for (const std::string& stream : values.each_parsed(parse_stream)) {
    if (stream == "stdin") line.asked().attach_stdin = true;
    if (stream == "stdout") line.asked().attach_stdout = true;
    if (stream == "stderr") line.asked().attach_stderr = true;
  }
}

// Files first: a variable of the command line wins over theirs. This row comes after theirs.
void put_env(const Values& values, RunLine& line) {
  for (std::string& entry : values.each_parsed(parse_env)) line.asked().env.push_back(std::move(entry));
}

void put_env_file(const Values& values, RunLine& line) {
  auto& env = line.asked().env;
  std::vector<std::string> lines;
  for (const std::string& file : values.list()) {
    for (std::string& entry : read_env_file(file)) lines.push_back(std::move(entry));
  }
  env.insert(env.begin(), lines.begin(), lines.end());
}

void put_label(const Values& values, RunLine& line) {
  for (const auto& [key, value] : key_values(values.each_parsed(parse_label))) line.asked().labels[key] = value;
}

void put_label_file(const Values& values, RunLine& line) {
  for (const std::string& file : values.list()) {
    for (const auto& [key, value] : key_values(read_label_file(file))) {
      line.asked().labels[key] = value;
    }
  }
  // A label of the command line wins, whichever of the two rows came first.
  for (const auto& [key, value] : key_values(values.arguments().list("label"))) line.asked().labels[key] = value;
}

}  // namespace

std::vector<RunFlag> process_flags() {
  return {
      {.flag = {.name = "annotation",
                .kind = kList,
                .help = "Add an annotation to the container (passed through to the OCI runtime)",
                .default_text = "map[]",
                .value_name = "map"},
       .put = [](const Values& values,
                 RunLine& line) { line.asked().annotations = key_values(values.each_parsed(parse_annotation)); }},
      {.flag = {.name = "attach",
                .letter = 'a',
                .kind = kList,
                .help = "Attach to STDIN, STDOUT or STDERR",
                .values = "stdin stdout stderr"},
       .put = put_attach},
      {.flag = {.name = "entrypoint", .kind = kString, .help = "Overwrite the default ENTRYPOINT of the image"},
       .put = [](const Values& values, RunLine& line) { line.options.entrypoint = values.text(); }},
      {.flag = {.name = "env", .letter = 'e', .kind = kList, .help = "Set environment variables"}, .put = put_env},
      {.flag = {.name = "env-file", .kind = kList, .help = "Read in a file of environment variables", .values = "FILE"},
       .put = put_env_file},
      {.flag = {.name = "group-add", .kind = kList, .help = "Add additional groups to join"},
       .put = [](const Values& values, RunLine& line) { line.asked().additional_groups = values.list(); }},
      {.flag = {.name = "hostname", .letter = 'h', .kind = kString, .help = "Container host name"},
       .put = [](const Values& values, RunLine& line) { line.asked().hostname = values.text(); }},
      {.flag = {.name = "init", .help = "Run an init inside the container that forwards signals and reaps processes"},
       .put = [](const Values& values, RunLine& line) { line.asked().init = values.flag(); }},
      {.flag = {.name = "interactive", .letter = 'i', .help = "Keep STDIN open even if not attached"},
       .put = [](const Values& values, RunLine& line) { line.asked().open_stdin = values.flag(); }},
      {.flag = {.name = "label", .letter = 'l', .kind = kList, .help = "Set meta data on a container"},
       .put = put_label},
      {.flag =
           {.name = "label-file", .kind = kList, .help = "Read in a line delimited file of labels", .values = "FILE"},
       .put = put_label_file},
      {.flag = {.name = "stop-signal", .kind = kString, .help = "Signal to stop the container"},
       .put = [](const Values& values, RunLine& line) { line.asked().stop_signal = values.text(); }},
      {.flag = {.name = "stop-timeout", .kind = kInt, .help = "Timeout (in seconds) to stop a container"},
       .put = [](const Values& values, RunLine& line) { line.asked().stop_timeout = values.integer(); }},
      {.flag = {.name = "tty", .letter = 't', .help = "Allocate a pseudo-TTY"},
       .put = [](const Values& values, RunLine& line) { line.asked().terminal = values.flag(); }},
      {.flag = {.name = "user",
                .letter = 'u',
                .kind = kString,
                .help = "Username or UID (format: <name|uid>[:<group|gid>])"},
       .put = [](const Values& values, RunLine& line) { line.asked().user = values.text(); }},
      {.flag = {.name = "workdir", .letter = 'w', .kind = kString, .help = "Working directory inside the container"},
       .put = [](const Values& values, RunLine& line) { line.asked().working_dir = values.text(); }},
  };
}

}  // namespace davit::cli
