#include "container/pins.h"

#include "base/error.h"
#include "base/holders.h"
#include "base/strings.h"

namespace davit::container {

namespace {

base::Holders holders_of(const HeldContainer& held) { return base::Holders(held.folder() / "pins"); }

}  // namespace

void pin(HeldContainer& held, const std::string& holder) {
  if (held.record().description.auto_remove) {
    throw base::Error::format(base::Code::kConflict, "container {} cannot be pinned: it is removed at its end",
                              held.record().id);
  }
  holders_of(held).add(holder);
}

void unpin(HeldContainer& held, const std::string& holder) { holders_of(held).remove(holder); }

std::vector<std::string> pin_holders(const HeldContainer& held) { return holders_of(held).list(); }

void require_unpinned(const HeldContainer& held) {
  const auto holders = pin_holders(held);
  if (holders.empty()) return;
  throw base::Error::format(base::Code::kConflict, "You cannot remove container {}: it is pinned by {}",
                            held.record().id, base::join(holders, ", "));
}

}  // namespace davit::container
