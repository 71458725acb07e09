#pragma once
// ROOT/leases/: who needs content that nothing else refers to yet. Private to src/store; docs/formats/store.md,
// "Leases".

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace davit::store {

std::unique_ptr<Lease> make_lease(const std::filesystem::path& root);

// Under the store's lock: the digests of all leases whose process lives. Removes the files of the others.
std::vector<oci::Digest> leased(const std::filesystem::path& root);

// Under the store's lock: a text that is another one when a lease came, went or grew. A few stats.
std::string leases_state(const std::filesystem::path& root);

}  // namespace davit::store
