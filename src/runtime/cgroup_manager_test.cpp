#include "runtime/cgroup_manager.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::runtime {
namespace {

namespace fs = base::fs;

template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

// A made-up machine.
class Machine {
 public:
  Machine() : folder_(::testing::TempDir()) {}
  Machine& with_systemd() {
    fs::make_directories(folder_.path() / "run/systemd/system");
    return *this;
  }
  Machine& unified() {
    fs::make_directories(folder_.path() / "sys/fs/cgroup");
    fs::write_file(folder_.path() / "sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    return *this;
  }
  const std::filesystem::path& root() const { return folder_.path(); }

 private:
  fs::TemporaryDirectory folder_;
};

TEST(CgroupManagerChoice, AutoTakesSystemdWhereItIsInitAndV2IsAllThereIs) {
  EXPECT_EQ(choose_cgroup_manager("auto", Machine().root()), CgroupManager::kCgroupfs);
  EXPECT_EQ(choose_cgroup_manager("auto", Machine().with_systemd().root()), CgroupManager::kCgroupfs);
  EXPECT_EQ(choose_cgroup_manager("auto", Machine().unified().root()), CgroupManager::kCgroupfs);
  EXPECT_EQ(choose_cgroup_manager("auto", Machine().with_systemd().unified().root()), CgroupManager::kSystemd);
}

TEST(CgroupManagerChoice, ANamedOneIsTakenOrRefused) {
  EXPECT_EQ(choose_cgroup_manager("cgroupfs", Machine().with_systemd().unified().root()), CgroupManager::kCgroupfs);
  EXPECT_EQ(choose_cgroup_manager("systemd", Machine().with_systemd().unified().root()), CgroupManager::kSystemd);
  EXPECT_EQ(message_of([] { choose_cgroup_manager("systemd", Machine().root()); }),
            "cgroup_manager = \"systemd\": systemd is not this machine's init");
  EXPECT_EQ(message_of([] { choose_cgroup_manager("systemd", Machine().with_systemd().root()); }),
            "cgroup_manager = \"systemd\": this machine does not have cgroup v2 alone");
  EXPECT_EQ(message_of([] { choose_cgroup_manager("openrc", Machine().root()); }),
            "cgroup_manager 'openrc' is none of auto, systemd and cgroupfs");
}

TEST(CgroupPlaces, OfCgroupfs) {
  EXPECT_EQ(cgroup_place(CgroupManager::kCgroupfs, "/davit-1", "c1"), (CgroupPlace{"/davit-1/c1", "/davit-1/c1"}));
  EXPECT_EQ(cgroup_place(CgroupManager::kCgroupfs, "foo", "c1").group, "/foo/c1");
  EXPECT_EQ(cgroup_place(CgroupManager::kCgroupfs, "/a/../../b", "c1").group, "/b/c1");
}

TEST(CgroupPlaces, OfSystemd) {
  EXPECT_EQ(cgroup_place(CgroupManager::kSystemd, "davit-1f2e.slice", "c1"),
            (CgroupPlace{"/davit.slice/davit-1f2e.slice/davit-c1.scope", "davit-1f2e.slice:davit:c1"}));
  EXPECT_EQ(cgroup_place(CgroupManager::kSystemd, "-.slice", "c1").group, "/davit-c1.scope");
  for (const char* bad : {"/foo", "foo", ".slice", "a/b.slice", "a--b.slice"}) {
    EXPECT_EQ(message_of([&] { cgroup_place(CgroupManager::kSystemd, bad, "c1"); }),
              "cgroup-parent for systemd cgroup should be a valid slice named as \"xxx.slice\"");
  }
  EXPECT_EQ(slice_of("/davit-1f2e"), "davit-1f2e.slice");
  EXPECT_EQ(slice_path("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
}

// Stands in for the system's bus and for systemd on it: one connection, whose calls it answers.
class StandInSystemd {
 public:
  explicit StandInSystemd(std::string result, std::string refusal = {})
      : folder_(::testing::TempDir()), result_(std::move(result)), refusal_(std::move(refusal)) {
    const auto path = (folder_.path() / "bus").string();
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + path).c_str(), 1);
    thread_ = std::thread([this] { serve(); });
  }
  ~StandInSystemd() {
    finish();
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  }
  void finish() {  // the client has closed
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
  }

  // Of the call that came.
  std::string unit, mode, slice;
  std::vector<std::uint32_t> pids;

 private:
  void serve() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    id.bytes[0] = 1;
    sd_bus_new(&bus);
    sd_bus_set_fd(bus, connection, connection);
    sd_bus_set_server(bus, 1, id);
    sd_bus_add_filter(bus, nullptr, &StandInSystemd::on_message, this);
    sd_bus_start(bus);
    while (true) {
      const int result = sd_bus_process(bus, nullptr);
      if (result < 0) break;
      if (result == 0 && sd_bus_wait(bus, UINT64_MAX) < 0) break;
    }
    sd_bus_close(bus);
    sd_bus_unref(bus);
  }

  static int on_message(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& systemd = *static_cast<StandInSystemd*>(self);
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0)
      return sd_bus_reply_method_return(message, "s", ":1.7");
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", nullptr) > 0)
      return sd_bus_reply_method_return(message, "");
    if (sd_bus_message_is_method_call(message, "org.freedesktop.systemd1.Manager", "StartTransientUnit") > 0)
      return systemd.start(message);
    return 0;
  }

  int start(sd_bus_message* message) {
    if (!refusal_.empty())
      return sd_bus_reply_method_errorf(message, "org.freedesktop.systemd1.Refused", "%s", refusal_.c_str());
    const char *name = nullptr, *how = nullptr;
    sd_bus_message_read(message, "ss", &name, &how);
    unit = name;
    mode = how;
    read_properties(message);
    sd_bus_message* removed = nullptr;
    sd_bus_message_new_signal(sd_bus_message_get_bus(message), &removed, "/org/freedesktop/systemd1",
                              "org.freedesktop.systemd1.Manager", "JobRemoved");
    sd_bus_message_append(removed, "uoss", 7, "/org/freedesktop/systemd1/job/7", name, result_.c_str());
    sd_bus_message_set_sender(removed, "org.freedesktop.systemd1");
    sd_bus_send(nullptr, removed, nullptr);  // before the answer, as it may be
    sd_bus_message_unref(removed);
    return sd_bus_reply_method_return(message, "o", "/org/freedesktop/systemd1/job/7");
  }

  void read_properties(sd_bus_message* message) {
    sd_bus_message_enter_container(message, 'a', "(sv)");
    while (sd_bus_message_enter_container(message, 'r', "sv") > 0) {
      const char* key = nullptr;
      sd_bus_message_read(message, "s", &key);
      if (std::string_view(key) == "Slice") {
        const char* value = nullptr;
        sd_bus_message_read(message, "v", "s", &value);
        slice = value;
      } else if (std::string_view(key) == "PIDs") {
        const void* numbers = nullptr;
        std::size_t bytes = 0;
        sd_bus_message_enter_container(message, 'v', "au");
        sd_bus_message_read_array(message, 'u', &numbers, &bytes);
        sd_bus_message_exit_container(message);
        const auto* first = static_cast<const std::uint32_t*>(numbers);
        pids.assign(first, first + bytes / sizeof *first);
      } else {
        sd_bus_message_skip(message, "v");
      }
      sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
  }

  fs::TemporaryDirectory folder_;
  std::string result_, refusal_;
  int listener_ = -1;
  std::thread thread_;
};

const Scope kScope = {.name = "davit-conmon-c1.scope", .slice = "davit-1f2e.slice", .pid = 4711};

TEST(StartScope, AsksForAScopeAroundTheProcess) {
  StandInSystemd systemd("done");
  start_scope(kScope);
  systemd.finish();
  EXPECT_EQ(systemd.unit, "davit-conmon-c1.scope");
  EXPECT_EQ(systemd.mode, "replace");
  EXPECT_EQ(systemd.slice, "davit-1f2e.slice");
  EXPECT_EQ(systemd.pids, std::vector<std::uint32_t>{4711});
}

TEST(StartScope, JobThatFailsIsTold) {
  StandInSystemd systemd("failed");
  EXPECT_EQ(message_of([] { start_scope(kScope); }), "systemd did not start davit-conmon-c1.scope: failed");
}

TEST(StartScope, RefusalIsToldInSystemdsWords) {
  StandInSystemd systemd("", "Unit davit-conmon-c1.scope already exists.");
  EXPECT_EQ(message_of([] { start_scope(kScope); }),
            "systemd did not start davit-conmon-c1.scope: Unit davit-conmon-c1.scope already exists.");
}

TEST(StartScope, WithoutABusThereIsNoScope) {
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nosuch", 1);
  EXPECT_TRUE(message_of([] { start_scope(kScope); }).starts_with("systemd: open the system's bus: "));
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

}  // namespace
}  // namespace davit::runtime
