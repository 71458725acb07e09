#include "base/fs/input.h"

#include <cerrno>

#include <poll.h>

#include "base/error.h"
#include "base/interrupt.h"

namespace davit::base::fs {

std::size_t InputSource::read(ByteSpan buffer) {
  while (true) {
    struct pollfd items[2] = {{fd_, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
    if (::poll(items, 2, -1) < 0 && errno != EINTR) throw_errno(errno, "poll");
    check_interrupted();
    if (items[0].revents != 0) return source_.read(buffer);
  }
}

}  // namespace davit::base::fs
