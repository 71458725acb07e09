#include "container/update.h"

#include "base/error.h"

namespace davit::container {

namespace {

runtime::Resources merged(const HeldContainer& held, const runtime::Resources& change) {
  try {
    return runtime::merge_resources(held.record().description.resources, change);
  } catch (const base::Error& error) {
    throw base::Error::format(error.code(), "Cannot update container {}: {}", held.record().id, error.message());
  }
}

}  // namespace

void update(HeldContainer& held, const runtime::Resources& change) {
  auto resources = merged(held, change);
  if (held.running()) held.runtime().update(held.bundle(), change);
  held.description().resources = std::move(resources);
  held.save_record();
}

}  // namespace davit::container
