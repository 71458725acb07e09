#pragma once
// What registries told of their pull budgets, kept for `davit info`: ROOT/rate-limits.json, docs/formats/store.md.

#include <map>
#include <string>

#include "base/clock.h"
#include "remote/registry_client.h"
#include "store/store.h"

namespace davit::transfer {

struct KeptRateLimit {
  remote::RateLimit limit;
  base::Time told;
};

// By host. Empty when nothing is kept or the file cannot be read: it is knowledge, not state.
std::map<std::string, KeptRateLimit> read_rate_limits(const store::Store& store);

// Adds to what is kept, durably and as one step, beside other processes that do the same.
void keep_rate_limits(const store::Store& store, const std::map<std::string, remote::RateLimit>& told);

}  // namespace davit::transfer
