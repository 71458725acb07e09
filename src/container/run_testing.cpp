#include "container/run_testing.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/file.h"
#include "base/fs/mount.h"
#include "base/strings.h"
#include "container/attach.h"
#include "container/exec.h"
#include "runtime/cgroup.h"
#include "runtime/oci_message.h"

namespace davit::container {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

namespace {

constexpr const char* kSandboxed = "DAVIT_TEST_SANDBOXED";

// A sysfs of a new network namespace has no control groups mounted on it: they are carried over. crun refuses hosts
// with a v2 hierarchy beside v1, so for its sake that is covered up (not unmounted: crun writes into the folder below,
// which is the host's). The shell stays, as PID 1, and reaps orphans: a zombie of an exec that nobody reaps keeps its
// container's init from ending.
constexpr const char* kSandboxScript = R"(set -e
ip link set lo up
mount -t tmpfs run /run
mkdir /run/cgroup && mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sys /sys && mount --rbind /run/cgroup /sys/fs/cgroup && umount -l /run/cgroup
if [ "$DAVIT_TEST_RUNTIME" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then mount -t tmpfs none /sys/fs/cgroup/unified; fi
"$@"
exit $?)";

stdfs::path self() { return stdfs::read_symlink("/proc/self/exe"); }

stdfs::path run_folder(const stdfs::path& folder) { return stdfs::path("/run") / folder.filename(); }

int act(const std::string& verb, const stdfs::path& folder, const std::string& id, const std::string& session) {
  fs::install_fault_from_environment();
  TestStore store(folder);
  try {
    if (verb == "exited" && session.empty()) store->exited(id);
    if (verb == "exited" && !session.empty()) exec_ended(*store.operator->(), id, session);
    if (verb == "exec") return exec(*store.operator->(), id, {.command = {"sh", "-c", session}}, {}).value_or(0);
    if (verb == "start") store->start(id);
    if (verb == "remove") store->remove(id, true);
    if (verb == "run") return start_attached(*store.operator->(), id, {}).value_or(0);
  } catch (const base::Error& error) {
    std::cerr << error.message() << "\n";
    return runtime::exit_code_of_failed_start(error.message());
  }
  return 0;
}

}  // namespace

void BusyboxLayers::mount(const layer::MountOptions& options) {
  fs::mount_overlay({.lower = {root_}, .upper = options.upper, .work = options.work, .target = options.target});
}

fs::FileDescriptor BusyboxLayers::open(const layer::MountOptions& options) {
  return fs::open_overlay({.lower = {root_}, .upper = options.upper, .work = options.work});
}

void BusyboxLayers::unmount(const stdfs::path& target) {
  while (fs::unmount(target)) {
  }
}

std::string TestStore::cgroup_parent(const stdfs::path& folder) { return "/davit-test-" + folder.filename().string(); }

TestStore::TestStore(const stdfs::path& folder)
    : layers_(std::make_unique<BusyboxLayers>(folder / "busybox")),
      networks_(std::make_unique<network::Fabric>(network::Fabric::Options{
          .root = folder / "root", .run = run_folder(folder), .store_id = std::string(32, '0'), .adopt = [](int) {}})),
      store_(std::make_unique<ContainerStore>(ContainerStore::Options{
          .root = folder / "root",
          .run = run_folder(folder),
          .cgroup_parent = cgroup_parent(folder),
          // conmon's working folder may be gone by now, and googletest does not begin without one.
          .exit_command = {"/bin/sh", "-c", "cd / && exec \"$0\" \"$@\"", self().string(), "exited", folder.string()},
          .runtime = DAVIT_TEST_RUNTIME,
          .networks = [this]() -> const network::Fabric& { return *networks_; },
          .layers = [this]() -> layer::LayerStore& { return *layers_; },
      })) {}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

RunTest::RunTest() : folder_(::testing::TempDir(), "davit-run-"), store_(folder_.path()) {
  const auto root = folder_.path() / "busybox";
  fs::make_directory(root, 0755);
  for (const char* name : {"bin", "etc", "tmp"}) fs::make_directory(root / name, 0755);
  stdfs::copy_file("/bin/busybox", root / "bin/busybox");
  for (const char* applet : {"sh", "true", "cat", "sleep", "head", "id", "env", "ip", "grep", "hostname", "kill", "wc",
                             "touch", "stat", "mount", "tail", "ls"}) {
    fs::symbolic_link("busybox", root / "bin" / applet);
  }
  fs::write_file(root / "etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n", 0644);
  fs::write_file(root / "etc/group", "root:x:0:\nwheel:x:10:root\napp:x:1001:\nextra:x:1002:app\n", 0644);
}

RunTest::~RunTest() {
  for (const auto& container : store_->list()) store_->remove(container.id(), true);
  EXPECT_EQ(remains(), std::vector<std::string>()) << "left behind";
  const runtime::Cgroups cgroups;
  const auto parent = TestStore::cgroup_parent(folder_.path());
  // conmon ends a moment after its container is cleaned up.
  for (int i = 0; i < 2000 && !cgroups.processes(parent + "/conmon").empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  cgroups.remove(parent);
  fs::remove_tree(run_folder(folder_.path()));
}

Description RunTest::description(std::vector<std::string> args) const {
  Description result;
  result.command = std::move(args);
  result.image_reference = "busybox";
  return result;
}

RunTest::Result RunTest::run(Description wanted, std::string_view input) {
  return attach(store_->create(std::move(wanted)).id(), input);
}

RunTest::Result RunTest::attach(const std::string& id, std::string_view input) {
  const auto path = [&](const char* name) { return folder_.path() / name; };
  fs::write_file(path("in"), input);
  fs::write_file(path("out"), "");
  fs::write_file(path("err"), "");
  auto in = fs::File::open(path("in"));
  auto out = fs::File::open(path("out"), {.access = fs::Access::kWrite});
  auto err = fs::File::open(path("err"), {.access = fs::Access::kWrite});
  Result result;
  result.exit_code =
      start_attached(store(), id, {.streams = {.in = in.fd(), .out = out.fd(), .err = err.fd()}}).value_or(-1);
  result.out = fs::read_file(path("out"), 256 * 1024 * 1024);
  result.err = fs::read_file(path("err"));
  return result;
}

base::Child RunTest::other(const std::string& verb, const std::string& id,
                           const std::map<std::string, std::string>& env, const std::string& script) {
  base::ChildOptions options = {.argv = {self().string(), verb, folder_.path().string(), id}, .extra_env = env};
  if (!script.empty()) options.argv.push_back(script);
  return base::spawn(options);
}

std::vector<std::string> RunTest::remains() const {
  // What an exit command removes goes a moment after the run.
  const auto left_to_it = [&] {
    const auto names = fs::list(folder_.path() / "root/containers");
    return std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with(".left-"); });
  };
  for (int i = 0; i < 2000 && left_to_it(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::vector<std::string> found;
  for (const auto& name : fs::list(folder_.path() / "root/containers")) {
    if (name != "lock" && name != "names") found.push_back("record " + name);
  }
  for (const auto& name : fs::list(folder_.path() / "root/containers/names")) found.push_back("name " + name);
  for (const auto& name : fs::list(run_folder(folder_.path()) / "containers")) found.push_back("run state " + name);
  for (const auto& name : fs::list(run_folder(folder_.path()) / "runtime")) found.push_back("runtime state " + name);
  for (const auto& line : base::split(fs::read_file("/proc/self/mountinfo"), '\n')) {
    if (line.find(folder_.path().filename().string()) != std::string::npos) found.push_back("mount " + line);
  }
  for (const auto& hierarchy : fs::list("/sys/fs/cgroup")) {
    if (!fs::filesystem_type(stdfs::path("/sys/fs/cgroup") / hierarchy).starts_with("cgroup")) continue;
    const auto parent = stdfs::path("/sys/fs/cgroup") / hierarchy /
                        stdfs::path(TestStore::cgroup_parent(folder_.path())).relative_path();
    for (const auto& name : fs::list(parent)) {
      if (fs::is_directory(parent / name) && name != "conmon")
        found.push_back("control group " + (parent / name).string());
    }
  }
  return found;
}

State RunTest::stored_state(const std::string& id) const {
  const auto path = folder_.path() / "root/containers" / id / "state.json";
  return parse_state(fs::read_file_if_exists(path).value_or(to_json(State())), path);
}

}  // namespace davit::container

int main(int argc, char** argv) {
  using namespace davit;
  if ((argc == 4 || argc == 5) && argv[1][0] != '-') {
    return container::act(argv[1], argv[2], argv[3], argc == 5 ? argv[4] : "");
  }
  if (std::getenv(container::kSandboxed) != nullptr) {
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  std::vector<std::string> command = {"unshare",      "--mount",
                                      "--net",        "--pid",
                                      "--ipc",        "--uts",
                                      "--fork",       "--kill-child",
                                      "--mount-proc", "sh",
                                      "-c",           container::kSandboxScript,
                                      "sandbox",      container::self().string()};
  command.insert(command.end(), argv + 1, argv + argc);
  return base::spawn(
             {.argv = command, .extra_env = {{container::kSandboxed, "1"}, {"DAVIT_TEST_RUNTIME", DAVIT_TEST_RUNTIME}}})
      .wait()
      .code;
}
