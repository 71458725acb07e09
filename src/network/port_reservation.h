#pragma once
// A port of the host that is kept for containers: a bound socket that does not listen. Whoever else binds the port is
// refused by the kernel; connections never reach the socket, as nftables sends them on. It lasts as long as a process
// holds a descriptor of it, so that it is given to conmon, and to several where they share one.

#include "base/fs/file.h"
#include "network/ruleset.h"

namespace davit::network {

class PortReservation {
 public:
  // Throws Error(kConflict) with docker's words when the port is taken: "Bind for 0.0.0.0:80 failed: port is already
  // allocated", or by another program: "listen tcp4 0.0.0.0:80: bind: address already in use". Port 0: the kernel's
  // choice from the host's range. SCTP, where the kernel has none: Error(kNotSupported).
  static PortReservation take(Protocol protocol, const Address& host, int port);

  int fd() const { return socket_.get(); }
  int port() const { return port_; }

 private:
  PortReservation(base::fs::FileDescriptor socket, int port) : socket_(std::move(socket)), port_(port) {}
  base::fs::FileDescriptor socket_;
  int port_;
};

}  // namespace davit::network
