#pragma once
// cp: files and folders between a container and the host, as docker's command does it.

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/io.h"
#include "container/container_store.h"

namespace davit::operations {

struct CopyOptions {
  bool keep_owners = false;                           // -a: also of what is copied out, which else belongs to who calls
  bool follow_link = false;                           // -L: the source may be a link
  std::function<void(std::uint64_t bytes)> progress;  // of the archive passed on so far; called by another thread
};

// A path in a container as typed ("c1", "/etc/"). The container may run and change what is copied meanwhile: no link
// of its leads out of its root.
struct InContainer {
  std::string container, path;
};

// What docker's client refuses by itself.
class CopyMistake : public base::Error {
 public:
  using Error::Error;
};

// All throw Error with docker's words, or CopyMistake. They return the bytes that the copy takes as an archive.
std::uint64_t copy_out(container::ContainerStore& containers, const InContainer& source, const std::string& destination,
                       const CopyOptions& options);
// As a tar.
std::uint64_t copy_out(container::ContainerStore& containers, const InContainer& source, base::Sink& tar,
                       const CopyOptions& options);
std::uint64_t copy_in(container::ContainerStore& containers, const std::string& source, const InContainer& destination,
                      const CopyOptions& options);
// A tar (plain, or compressed by gzip, zstd or xz) into a folder that exists.
void copy_in(container::ContainerStore& containers, base::Source& tar, const InContainer& destination);

}  // namespace davit::operations
