#pragma once
// Sockets to listen on.

#include <string>
#include <string_view>
#include <vector>

#include "base/fs/file.h"

namespace davit::http {

// A listening socket for "HOST:PORT" (an IPv6 address in brackets; no host: all addresses of both families; port 0: any
// free one) or "unix:/PATH" (replaces a socket there that nobody answers on). Does not block. Throws
// Error(kInvalidArgument) naming the address where it is malformed, Error(kConflict) where it is in use,
// Error(kPermissionDenied).
base::fs::FileDescriptor listen_on(const std::string& address);

// The sockets that systemd made for this process (sd_listen_fds(3)), which are then nobody else's; none without.
std::vector<base::fs::FileDescriptor> inherited_sockets();

// What a listening socket's address is: "127.0.0.1:5000", "[::]:5000", "unix:/run/x.sock".
std::string address_of(int socket);

}  // namespace davit::http
