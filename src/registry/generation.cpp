#include "registry/generation.h"

#include <cerrno>

#include <sys/mman.h>

#include "base/error.h"
#include "base/fs/file.h"

namespace davit::registry {

Generation::Generation(const std::filesystem::path& path) {
  auto file =
      base::fs::File::open(path, {.access = base::fs::Access::kReadWrite, .create = base::fs::Create::kIfMissing});
  if (file.size() < sizeof(std::uint64_t)) file.truncate(sizeof(std::uint64_t));
  void* mapped = ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0);
  if (mapped == MAP_FAILED) base::throw_errno(errno, "mmap " + path.string());
  counter_ = static_cast<std::atomic<std::uint64_t>*>(mapped);
}

Generation::~Generation() { ::munmap(counter_, sizeof(std::uint64_t)); }

}  // namespace davit::registry
