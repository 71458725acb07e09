#pragma once
// What the probes of what a file system and a kernel can do have in common.

#include <filesystem>
#include <functional>
#include <string>

namespace davit::layer {

// Does the work in a new folder under `folder` and in a mount namespace of its own that nobody sees, and leaves
// neither; throws what it throws.
void probe_unseen(const std::filesystem::path& folder,
                  const std::function<void(const std::filesystem::path& scratch)>& work);

// The answer of `ask`, which is asked once per boot and file system: it is noted in `folder`/probed.
std::string probe_once(const std::filesystem::path& folder, const std::function<std::string()>& ask);

}  // namespace davit::layer
