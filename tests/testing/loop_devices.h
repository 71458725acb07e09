#pragma once
// For tests: loop devices.

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/fs/file.h"
#include "base/fs/paths.h"

namespace davit::test {

// Those that stand on a file in the folder, or on it.
inline std::vector<std::string> loops_over(const std::filesystem::path& path) {
  std::vector<std::string> found;
  for (const auto& name : base::fs::list("/sys/block")) {
    const auto backing = base::fs::read_file_if_exists("/sys/block/" + name + "/loop/backing_file");
    if (backing && backing->starts_with(path.string())) found.push_back("/dev/" + name);
  }
  return found;
}

// The kernel ends them a moment after their last user.
inline bool loops_gone_soon(const std::filesystem::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!loops_over(path).empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return loops_over(path).empty();
}

}  // namespace davit::test
