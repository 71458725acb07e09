#pragma once
// For tests that run real containers. The test program starts itself again inside a sandbox: mount, network, PID, IPC
// and UTS namespaces of its own, its own tmpfs on /run, so that nothing outlives it; control groups are the host's and
// lie below a parent of each test's own, which it removes. In there it is also conmon's exit command, and any other
// process that a test wants to act on its store.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/fs/paths.h"
#include "base/process.h"
#include "container/container_store.h"

namespace davit::container {

// Mounts a folder with busybox in it as every container's root, by overlay.
class BusyboxLayers final : public layer::LayerStore {
 public:
  explicit BusyboxLayers(std::filesystem::path root) : root_(std::move(root)) {}
  layer::DriverChoice driver() const override { return {"busybox", ""}; }
  std::optional<layer::LayerRecord> find(const oci::Digest&) const override { return {}; }
  std::unique_ptr<layer::StagedLayer> stage(const oci::Digest&, base::Source&) override { return {}; }
  void sync() override {}
  std::uint64_t remove(const oci::Digest&) override { return 0; }
  std::vector<oci::Digest> list() const override { return {}; }
  std::uint64_t clean() override { return 0; }
  layer::LayersUsage disk_usage() const override { return {}; }
  void mount(const layer::MountOptions& options) override;
  base::fs::FileDescriptor open(const layer::MountOptions& options) override;
  void unmount(const std::filesystem::path& target) override;

 private:
  std::filesystem::path root_;
};

// The container store of one test, as any of the test's processes opens it: by its folder alone.
class TestStore {
 public:
  explicit TestStore(const std::filesystem::path& folder);
  ContainerStore* operator->() { return store_.get(); }
  ContainerStore& operator*() { return *store_; }
  static std::string cgroup_parent(const std::filesystem::path& folder);

 private:
  std::unique_ptr<BusyboxLayers> layers_;
  std::unique_ptr<network::Fabric> networks_;
  std::unique_ptr<ContainerStore> store_;
};

class RunTest : public ::testing::Test {
 protected:
  RunTest();
  ~RunTest() override;

  Description description(std::vector<std::string> args) const;
  Description shell(const std::string& script) const { return description({"sh", "-c", script}); }

  ContainerStore& store() { return *store_.operator->(); }

  struct Result {
    int exit_code = 0;
    std::string out, err;
  };
  // Creates the container and runs it in the foreground.
  Result run(Description description, std::string_view input = {});
  Result attach(const std::string& id, std::string_view input = {});

  // Starts this program as another process on the same store: "start ID", "run ID", "remove ID", "exec ID SCRIPT".
  base::Child other(const std::string& verb, const std::string& id, const std::map<std::string, std::string>& env = {},
                    const std::string& script = {});

  // What is left of containers: their folders, mounts, control groups and processes; empty when all is clean.
  std::vector<std::string> remains() const;
  // As stored, without putting anything right.
  State stored_state(const std::string& id) const;

  base::fs::TemporaryDirectory folder_;
  TestStore store_;
};

// Whether it holds within 10 seconds.
bool eventually(const std::function<bool()>& holds);

}  // namespace davit::container
