// Further processes of a running container, by conmon.

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"
#include "runtime/conmon_process.h"
#include "runtime/container_runtime.h"
#include "runtime/oci_message.h"

namespace davit::runtime {

namespace fs = base::fs;
using base::Code;
using base::Error;

Exec ContainerRuntime::exec(const Bundle& session, const std::function<void()>& before_start,
                            const std::vector<std::string>& exit_command) {
  auto command = conmon_command(session, exit_command);
  command.insert(command.end(), {"--exec", "--exec-process-spec", (session.folder / "process.json").string()});
  auto sync = make_pipe();
  auto start = make_pipe();
  auto attach = make_pipe();
  auto null = fs::File::open("/dev/null", {.access = fs::Access::kReadWrite});
  auto errors = fs::File::open(session.folder / "conmon.err",
                               {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing, .truncate = true});
  base::ChildOptions child_options = {
      .argv = {},
      .extra_env = {{"_OCI_SYNCPIPE", std::to_string(sync.write.get())},
                    {"_OCI_STARTPIPE", std::to_string(start.read.get())}},
      .directory = session.folder,  // it must hold no folder of the caller's
      .stdin_fd = null.fd(),
      .stdout_fd = null.fd(),
      .stderr_fd = errors.fd(),
      .pass_fds = {sync.write.get(), start.read.get()},
      .new_session = true,
      .die_with_parent = true,
      .seccomp_filter = session.seccomp_filter,
  };
  if (before_start) {
    command.emplace_back("--exec-attach");
    child_options.extra_env["_OCI_ATTACHPIPE"] = std::to_string(attach.write.get());
    child_options.pass_fds.push_back(attach.write.get());
  }
  child_options.argv = std::move(command);
  auto child = base::spawn(child_options);
  sync.write.reset();
  start.read.reset();
  attach.write.reset();
  leave_callers_group(options_.cgroup_manager, cgroups_, options_.cgroup_parent, child.pid(),
                      "davit-conmon-" + session.id + "-" + session.folder.filename().string() + ".scope");
  write_start_byte(start.write);
  child.wait();

  Exec exec;
  exec.processes.conmon = conmon_of(session.folder).value_or(base::ProcessIdentity());
  std::string fallback;
  bool attachable = true;
  if (before_start) {
    const auto answer = parse_conmon_answer(read_conmon_line(attach.read.get()));
    attachable = answer.data == 0;
    fallback = answer.message;
    if (attachable) {
      before_start();
      write_start_byte(start.write);
    }
  }
  start.write.reset();
  const auto answer = attachable ? parse_conmon_answer(read_conmon_line(sync.read.get())) : ConmonAnswer{-1, fallback};
  if (answer.data <= 0) {
    fallback = answer.message;
    if (fallback.empty()) fallback = fs::read_file_if_exists(session.folder / "conmon.err").value_or("");
    throw Error(Code::kInvalidArgument,
                docker_exec_message(options_.choice.name, failure_of(session, fallback), session.program));
  }
  exec.processes.init = base::ProcessIdentity::of(answer.data).value_or(base::ProcessIdentity());
  exec.answer = std::move(sync.read);
  return exec;
}

std::optional<base::ProcessIdentity> conmon_of(const std::filesystem::path& folder) {
  const auto pid = read_number(folder / "conmon.pid");
  return pid ? base::ProcessIdentity::of(*pid) : std::nullopt;
}

std::optional<int> Exec::exit_code() {
  const auto told = parse_conmon_answer(read_conmon_line(answer.get()));
  return told.data < 0 ? std::nullopt : std::optional(told.data);
}

}  // namespace davit::runtime
