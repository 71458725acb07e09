#include "operations/image_users.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "container/pins.h"
#include "container/stop.h"

namespace davit::operations {

using base::Code;
using base::Error;

void ImageUsers::remove(const oci::Digest& image, const std::vector<ImageUse>& uses) {
  std::vector<ImageUse> running;
  for (const ImageUse& use : uses) {
    refuse_pinned(image, use);
    if (use.running) running.push_back(use);
  }
  ask(running);
  stop(image, running);
  for (const ImageUse& use : uses) remove(use);
}

void ImageUsers::refuse_pinned(const oci::Digest& image, const ImageUse& use) {
  std::vector<std::string> holders;
  try {
    holders = container::pin_holders(containers_.hold(use.container));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;  // it went meanwhile
  }
  if (holders.empty()) return;
  throw Error::format(Code::kConflict,
                      "conflict: unable to delete {} (cannot be forced) - container {} is using it and is pinned by {}",
                      image.short_hex(), use.container.substr(0, 12), base::join(holders, ", "));
}

void ImageUsers::ask(const std::vector<ImageUse>& running) {
  const bool known =
      std::all_of(running.begin(), running.end(), [&](const ImageUse& use) { return agreed_.contains(use.container); });
  if (known || !options_.confirm) return;
  options_.confirm(running);
  for (const ImageUse& use : running) agreed_.insert(use.container);
}

void ImageUsers::stop(const oci::Digest& image, const std::vector<ImageUse>& running) {
  std::vector<std::string> ids;
  for (const ImageUse& use : running) ids.push_back(use.container);
  std::optional<Error> failure;
  container::stop(containers_, ids, {}, [&](std::size_t index, const Error* error) {
    if (error == nullptr || error->code() == Code::kNotFound) {
      if (options_.stopped) options_.stopped(ids[index]);
    } else if (!failure) {
      failure = Error::format(Code::kConflict,
                              "conflict: unable to delete {} - container {} is using it and could not be stopped: {}",
                              image.short_hex(), ids[index].substr(0, 12), error->message());
    }
  });
  if (failure) throw Error(*failure);
}

void ImageUsers::remove(const ImageUse& use) {
  try {
    containers_.remove(use.container);
  } catch (const Error& error) {
    // It went by its own end; or it runs again, or was pinned just now, which the caller's next look will show.
    if (error.code() == Code::kConflict) return;
    if (error.code() != Code::kNotFound) throw;
  }
  if (options_.removed) options_.removed(use.container);
}

}  // namespace davit::operations
