#include "base/fs/output.h"

#include <cerrno>

#include <sys/sendfile.h>
#include <unistd.h>

#include "base/fs/calls.h"

namespace davit::base::fs {

std::size_t write_some(int fd, ByteView bytes, std::string_view name) {
  announce(Operation::kWrite, std::string(name));
  const ssize_t count = ::write(fd, bytes.data(), bytes.size());
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EINTR || errno == EAGAIN) return 0;
  fail("write", std::string(name), errno);
}

ssize_t send_file(int socket, int file, std::uint64_t offset, std::size_t size) noexcept {
  auto place = static_cast<off_t>(offset);
  return ::sendfile(socket, file, &place, size);
}

}  // namespace davit::base::fs
