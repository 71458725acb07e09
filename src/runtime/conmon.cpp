// conmon's side of ContainerRuntime: its arguments, its pipes, its files.

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include <boost/json.hpp>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "runtime/container_runtime.h"
#include "runtime/oci_message.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr auto kCreateTimeout = std::chrono::minutes(2);
constexpr int kGroupRounds = 60;                 // 1.8 s in all
constexpr const char* kConmonGroup = "/conmon";  // below the cgroup parent; one for all of a store's conmons

struct PipeEnds {
  fs::FileDescriptor read, write;
};

PipeEnds make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) base::throw_errno(errno, "pipe");
  return {fs::FileDescriptor(ends[0]), fs::FileDescriptor(ends[1])};
}

// One line, or what came before the end of the stream.
std::string read_line(int fd, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  fs::FdSource source(fd, "conmon's answer");
  std::string line;
  while (line.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd poll{fd, POLLIN, 0};
    if (left.count() <= 0) throw Error(Code::kTimeout, "the container was not created in time");
    if (::poll(&poll, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const auto count = source.read(std::as_writable_bytes(std::span(buffer)));
    if (count == 0) break;
    line.append(buffer, count);
  }
  return line;
}

// conmon's answer: the init's PID, or a negative number and its own message.
struct Answer {
  int pid = -1;
  std::string message;
};
Answer parse_answer(const std::string& line) {
  json::error_code error;
  const auto value = json::parse(line, error);
  if (error || !value.is_object()) return {-1, "conmon gave no answer"};
  Answer answer;
  if (const auto* data = value.as_object().if_contains("data"); data != nullptr && data->is_int64()) {
    answer.pid = static_cast<int>(data->as_int64());
  }
  if (const auto* message = value.as_object().if_contains("message"); message != nullptr && message->is_string()) {
    answer.message = message->as_string().c_str();
  }
  return answer;
}

std::optional<int> read_number(const stdfs::path& path) {
  const auto text = fs::read_file_if_exists(path);
  if (!text) return {};
  const auto digits = base::trim(*text);
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || digits.empty()) return {};
  return value;
}

// A process of which only the PID file is left: conmon or the init, unless the PID means another by now. All of them
// carry the container's ID among their arguments, the init only until it executes the program.
bool mentions(int pid, const std::string& id) {
  const auto command = fs::read_file_if_exists(stdfs::path("/proc") / std::to_string(pid) / "cmdline");
  return command && command->find(id) != std::string::npos;
}

// conmon and runtime processes of the container that nobody wrote down, as davit was killed while they began.
std::vector<base::ProcessIdentity> stray_processes(const std::string& id, const stdfs::path& runtime) {
  std::vector<base::ProcessIdentity> found;
  for (const auto& name : fs::list("/proc")) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid == ::getpid()) continue;
    try {
      if (!mentions(pid, id)) continue;
      const auto program = fs::read_link(stdfs::path("/proc") / name / "exe").value_or("");
      const auto base_name = stdfs::path(program).filename();
      if (base_name != "conmon" && base_name != runtime.filename()) continue;
      if (auto identity = base::ProcessIdentity::of(pid)) found.push_back(*identity);
    } catch (const Error&) {  // it ended while we looked
    }
  }
  return found;
}

}  // namespace

ContainerRuntime::ContainerRuntime(Options options) : options_(std::move(options)) {}

std::vector<std::string> ContainerRuntime::runtime_command(const Bundle& bundle) const {
  return {options_.choice.path.string(),
          "--root",
          options_.state.string(),
          "--log",
          (bundle.folder / "runtime.log").string(),
          "--log-format",
          "json"};
}

// The runtime's own words where it left any.
std::string ContainerRuntime::failure_of(const Bundle& bundle, const std::string& fallback) const {
  const auto said = last_error(fs::read_file_if_exists(bundle.folder / "runtime.log").value_or(""));
  return said.empty() ? std::string(base::trim(fallback)) : said;
}

Created ContainerRuntime::create(const Bundle& bundle) {
  fs::make_directories(options_.state);
  fs::make_directories(bundle.folder / "exit");
  for (const char* stale : {"attach", "ctl", "winsz", "oom", "pidfile", "conmon.pid", "runtime.log"}) {
    fs::remove(bundle.folder / stale);
  }
  fs::remove(bundle.folder / "exit" / bundle.id);

  std::vector<std::string> command = {
      "conmon",
      "--api-version",
      "1",
      "--cid",
      bundle.id,
      "--cuuid",
      bundle.id,
      "--name",
      bundle.name,
      "--runtime",
      options_.choice.path.string(),
      "--bundle",
      bundle.folder.string(),
      "--container-pidfile",
      (bundle.folder / "pidfile").string(),
      "--conmon-pidfile",
      (bundle.folder / "conmon.pid").string(),
      "--exit-dir",
      (bundle.folder / "exit").string(),
      "--log-path",
      "k8s-file:" + bundle.log.string(),
      "--log-level",
      "error",
      "--full-attach",
      "--no-sync-log",
  };
  if (bundle.terminal) {
    command.emplace_back("--terminal");
  } else if (bundle.open_stdin) {
    command.emplace_back("--stdin");
  }
  const auto runtime = runtime_command(bundle);
  for (std::size_t i = 1; i < runtime.size(); ++i) command.push_back("--runtime-arg=" + runtime[i]);
  if (!options_.exit_command.empty()) {
    command.insert(command.end(), {"--exit-command", options_.exit_command.front()});
    for (std::size_t i = 1; i < options_.exit_command.size(); ++i) {
      command.push_back("--exit-command-arg=" + options_.exit_command[i]);
    }
    command.push_back("--exit-command-arg=" + bundle.id);
  }

  auto sync = make_pipe();
  auto start = make_pipe();
  auto null = fs::File::open("/dev/null", {.access = fs::Access::kReadWrite});
  auto errors = fs::File::open(bundle.folder / "conmon.err",
                               {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing, .truncate = true});
  // Until the start byte conmon dies with us: at its pipe's end without a byte it would go on and leave a container
  // that nobody knows of. What it forks after that lives on.
  auto child = base::spawn({
      .argv = command,
      .extra_env = {{"_OCI_SYNCPIPE", std::to_string(sync.write.get())},
                    {"_OCI_STARTPIPE", std::to_string(start.read.get())}},
      .stdin_fd = null.fd(),
      .stdout_fd = null.fd(),
      .stderr_fd = errors.fd(),
      .pass_fds = {sync.write.get(), start.read.get()},
      .new_session = true,
      .die_with_parent = true,
  });
  sync.write.reset();
  start.read.reset();
  cgroups_.adopt(child.pid(), options_.cgroup_parent + kConmonGroup);
  fs::File::adopt(std::move(start.write), "conmon's start pipe").write(base::as_byte_view(std::string_view("\0", 1)));

  child.wait();
  const auto answer = parse_answer(read_line(sync.read.get(), kCreateTimeout));
  if (answer.pid <= 0) {
    auto fallback = answer.message;
    if (fallback.empty()) fallback = fs::read_file_if_exists(bundle.folder / "conmon.err").value_or("");
    throw Error(Code::kInvalidArgument,
                docker_create_message(options_.choice.name, failure_of(bundle, fallback), bundle.program));
  }
  auto init = base::ProcessIdentity::of(answer.pid);
  const auto conmon_pid = read_number(bundle.folder / "conmon.pid");
  auto conmon = conmon_pid ? base::ProcessIdentity::of(*conmon_pid) : std::nullopt;
  if (!init || !conmon) throw Error(Code::kInternal, "the container ended before it was started");
  return {std::move(*init), std::move(*conmon)};
}

void ContainerRuntime::start(const Bundle& bundle) {
  auto command = runtime_command(bundle);
  command.insert(command.end(), {"start", bundle.id});
  const auto result = base::run({.argv = command});
  if (result.status.ok()) return;
  throw Error(Code::kInvalidArgument,
              docker_create_message(options_.choice.name, failure_of(bundle, result.err), bundle.program));
}

std::optional<int> ContainerRuntime::exit_code(const Bundle& bundle) {
  return read_number(bundle.folder / "exit" / bundle.id);
}

void ContainerRuntime::destroy(const Bundle& bundle, bool ended) {
  const auto group = cgroup_path(bundle.id);
  if (!ended) {
    // conmon first, then the runtime that it may have under way, until none is left: only then is `delete` the last
    // word.
    for (int round = 0; round < 100; ++round) {
      const auto strays = stray_processes(bundle.id, options_.choice.path);
      if (strays.empty()) break;
      for (const auto& stray : strays) {
        stray.signal(SIGKILL);
        stray.wait_gone(std::chrono::seconds(5));
      }
    }
  }
  if (!ended && fs::exists(options_.state / bundle.id)) {
    auto command = runtime_command(bundle);
    command.insert(command.end(), {"delete", "--force", bundle.id});
    const auto result = base::run({.argv = command});
    if (!result.status.ok()) base::log::info("{} delete: {}", options_.choice.name, base::trim(result.err));
  }
  // What the runtime no longer knew of, or left.
  for (const int pid : cgroups_.processes(group)) {
    if (const auto identity = base::ProcessIdentity::of(pid)) {
      identity->signal(SIGKILL);
      identity->wait_gone(std::chrono::seconds(5));
    }
  }
  // The kernel lets go of a group a moment after its last process.
  for (int round = 0; round < kGroupRounds && !cgroups_.remove(group); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + round));
  }
  fs::remove_tree(options_.state / bundle.id);
}

}  // namespace davit::runtime
