#pragma once
// The bytes of one connection, plain or over TLS. Private to src/http. Never blocks. For one thread at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/fs/file.h"
#include "http/tls.h"

namespace davit::http {

class Transport {
 public:
  static constexpr ssize_t kWait = -1;    // nothing now: wait for the socket
  static constexpr ssize_t kBroken = -2;  // the connection is of no use any more

  virtual ~Transport() = default;
  // Bytes read; 0: the peer sends no more.
  virtual ssize_t read(char* buffer, std::size_t size) = 0;
  // Whether a read that gave `got` of `size` bytes may have left some.
  virtual bool may_hold_more(std::size_t got, std::size_t size) const = 0;
  // Bytes of `first` and then `second` that were taken. `more`: others follow at once.
  virtual ssize_t write(std::string_view first, std::string_view second, bool more) = 0;
  // Bytes of the file that were taken; fewer than asked for only where the file is shorter (0).
  virtual ssize_t send_file(int file, std::uint64_t offset, std::size_t size) = 0;
  // 0: ready (at once, where there is nothing to shake); kWait or kBroken.
  virtual ssize_t handshake() { return 0; }
  virtual void shut_down() = 0;  // we send no more
  virtual bool is_tls() const { return false; }
  virtual std::string client_certificate() const { return {}; }
};

std::unique_ptr<Transport> plain_transport(int socket);
std::unique_ptr<Transport> tls_transport(int socket, std::shared_ptr<const TlsContext> context);

}  // namespace davit::http
