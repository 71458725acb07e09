#include "network/conntrack.h"

#include <algorithm>

#include <netinet/in.h>
#include <netlink/netfilter/ct.h>
#include <netlink/netfilter/nfnl.h>

#include "base/error.h"
#include "base/log.h"
#include "network/netlink.h"

namespace davit::network {

namespace {

constexpr int kOriginal = 0, kReply = 1;  // libnl's directions of a flow

struct CloseSocket {
  void operator()(nl_sock* socket) const { ::nl_socket_free(socket); }
};

std::optional<Address> address_of(const nl_addr* object) {
  const auto found = from_object(object);
  return found ? std::optional(found->address) : std::nullopt;
}

bool contains(const std::vector<Address>& list, const std::optional<Address>& address) {
  return address && std::find(list.begin(), list.end(), *address) != list.end();
}

bool is_stale(const nfnl_ct* flow, const StaleFlows& stale, const std::vector<Address>& own) {
  if (::nfnl_ct_get_proto(flow) != IPPROTO_UDP) return false;
  const auto called = address_of(::nfnl_ct_get_dst(flow, kOriginal));
  const auto answering = address_of(::nfnl_ct_get_src(flow, kReply));
  if (answering != called) return contains(stale.addresses, answering);
  const int port = ::nfnl_ct_get_dst_port(flow, kOriginal);
  const bool published = std::find(stale.host_ports.begin(), stale.host_ports.end(), port) != stale.host_ports.end();
  return published && called && (called->is_loopback() || contains(own, called));
}

}  // namespace

void forget(const StaleFlows& stale) try {
  if (stale.empty()) return;
  const std::unique_ptr<nl_sock, CloseSocket> socket(::nl_socket_alloc());
  if (!socket) return;
  check_netlink(::nfnl_connect(socket.get()), "open a netlink socket");
  std::vector<Address> own;
  for (const auto& address : Links::here().addresses()) own.push_back(address.address);
  nl_cache* list = nullptr;
  check_netlink(::nfnl_ct_alloc_cache(socket.get(), &list), "list flows");
  for_each<nfnl_ct>(Cache(list), [&](nfnl_ct* flow) {
    if (is_stale(flow, stale, own)) ::nfnl_ct_del(socket.get(), flow, 0);  // one that just ended is no error
  });
} catch (const base::Error& error) {
  base::log::debug("flows are not forgotten: {}", error.message());
}

}  // namespace davit::network
