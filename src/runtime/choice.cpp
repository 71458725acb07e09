#include "runtime/choice.h"

#include <array>
#include <chrono>
#include <optional>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/strings.h"
#include "runtime/oci_message.h"
#include "runtime/spec.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr std::array kPreferred = {"crun", "runc"};
constexpr auto kProbeTimeout = std::chrono::seconds(20);

std::string version_of(const stdfs::path& program) {
  const auto result = base::run({.argv = {program.string(), "--version"}});
  const auto first_line = base::split(result.out, '\n').front();  // "crun version 1.8.1", "runc version 1.1.5+ds1"
  return first_line.substr(first_line.rfind(' ') + 1);
}

std::string name_of(const stdfs::path& program) {
  return program.filename().string().find("crun") != std::string::npos ? "crun" : "runc";
}

// What a cached answer depends on: this boot, and the programs there are.
std::string fingerprint() {
  auto text = base::boot_id();
  for (const char* name : kPreferred) {
    const auto path = base::find_program(name);
    if (!path) continue;
    const auto status = fs::File::open(*path).status();
    text += fmt::format(" {}:{}:{}", path->string(), status.st_size, status.st_mtim.tv_sec);
  }
  return text;
}

// Has the runtime create a container of nothing but ourselves, which is never started. Returns why it cannot, or
// nothing.
std::optional<std::string> refusal(const stdfs::path& program, const stdfs::path& run,
                                   const std::string& cgroup_parent) {
  fs::TemporaryDirectory folder(run, "probe-");
  const auto id = "probe-" + base::random_hex(8);
  const auto host = HostLimits::probe();
  auto spec = default_spec(NetworkMode::kOwn, host);
  spec.rootfs = folder.path() / "rootfs";
  spec.process.args = {"/self"};
  spec.mounts.push_back(bind_mount(fs::read_link("/proc/self/exe").value_or("/proc/self/exe"), "/self", true));
  spec.cgroup_path = cgroup_parent + "/" + id;
  fs::make_directory(spec.rootfs);
  fs::write_file(folder.path() / "config.json", to_oci_json(spec, host));

  const auto log = folder.path() / "log";
  const std::vector<std::string> runtime = {
      program.string(), "--root", (folder.path() / "state").string(), "--log", log.string(), "--log-format", "json"};
  auto create = runtime;
  create.insert(create.end(), {"create", "--bundle", folder.path().string(), id});
  auto remove = runtime;
  remove.insert(remove.end(), {"delete", "--force", id});

  // The container would keep a pipe of ours open: its streams are /dev/null.
  auto null = fs::File::open("/dev/null", {.access = fs::Access::kReadWrite});
  auto child = base::spawn({.argv = create, .stdin_fd = null.fd(), .stdout_fd = null.fd(), .stderr_fd = null.fd()});
  const auto status = child.wait_for(kProbeTimeout);
  if (!status) {
    child.signal(9);
    child.wait();
  }
  base::run({.argv = remove});
  if (status && status->ok()) return {};
  const auto said = last_error(fs::read_file_if_exists(log).value_or(""));
  if (!said.empty()) return said;
  return status ? fmt::format("it failed with exit code {}", status->code) : "it did not answer";
}

RuntimeChoice probe(const stdfs::path& run, const std::string& cgroup_parent) {
  std::vector<std::string> refusals;
  for (const char* name : kPreferred) {
    const auto path = base::find_program(name);
    const auto reason = path ? refusal(*path, run, cgroup_parent) : std::optional<std::string>("it is not installed");
    if (reason) {
      base::log::info("{} cannot be used: {}", name, *reason);
      refusals.push_back(fmt::format("{}: {}", name, *reason));
      continue;
    }
    return {name, *path, version_of(*path),
            refusals.empty() ? "preferred, and works here" : base::join(refusals, "; ")};
  }
  throw Error::format(Code::kNotSupported, "no OCI runtime works on this host ({})", base::join(refusals, "; "));
}

std::optional<RuntimeChoice> cached(const stdfs::path& file, const std::string& expected) {
  const auto text = fs::read_file_if_exists(file);
  if (!text) return {};
  json::error_code error;
  const auto value = json::parse(*text, error);
  if (error || !value.is_object()) return {};
  const auto field = [&](const char* key) { return base::text_member(value.as_object(), key); };
  if (field("fingerprint") != expected || field("path").empty()) return {};
  return RuntimeChoice{field("name"), field("path"), field("version"), field("why")};
}

}  // namespace

std::string runtime_version(const RuntimeChoice& choice) {
  return choice.version.empty() ? version_of(choice.path) : choice.version;
}

RuntimeChoice choose_runtime(const std::string& wanted, const stdfs::path& run, const std::string& cgroup_parent) {
  if (wanted != "auto") {
    const auto path = wanted.find('/') == std::string::npos ? base::find_program(wanted) : stdfs::path(wanted);
    if (!path || !fs::exists(*path))
      throw Error::format(Code::kNotFound, "the OCI runtime '{}' is not installed", wanted);
    return {name_of(*path), *path, "", "configured"};
  }
  const auto file = run / "runtime.json";
  const auto expected = fingerprint();
  if (auto choice = cached(file, expected)) return *choice;
  fs::make_directories(run);
  const auto lock = base::FileLock::acquire(run / "runtime.lock");
  if (auto choice = cached(file, expected)) return *choice;
  auto choice = probe(run, cgroup_parent);
  fs::write_file(file, json::serialize(json::object{{"fingerprint", expected},
                                                    {"name", choice.name},
                                                    {"path", choice.path.string()},
                                                    {"version", choice.version},
                                                    {"why", choice.why}}));
  return choice;
}

}  // namespace davit::runtime
