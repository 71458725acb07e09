#pragma once
// What links.cpp and conntrack.cpp need of libnl alike. Private to src/network.

#include <memory>
#include <optional>
#include <string>

#include <netlink/cache.h>
#include <netlink/netlink.h>

#include "network/links.h"

namespace davit::network {

// Throws Error for libnl's codes, which are negative; `what` was tried.
void check_netlink(int result, const std::string& what);

// The address and its prefix; nothing for another family's.
std::optional<LinkAddress> from_object(const nl_addr* address);

struct FreeCache {
  void operator()(nl_cache* cache) const { ::nl_cache_free(cache); }
};
using Cache = std::unique_ptr<nl_cache, FreeCache>;

// Work on each object of a list; libnl's lists are of its objects' common head.
template <typename Object, typename Work>
void for_each(const Cache& cache, const Work& work) {
  for (auto* object = ::nl_cache_get_first(cache.get()); object != nullptr; object = ::nl_cache_get_next(object))
    work(reinterpret_cast<Object*>(object));
}

}  // namespace davit::network
