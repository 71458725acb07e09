#pragma once
// pull -a and push -a: every tag of a repository.

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "transfer/pull.h"
#include "transfer/push.h"

namespace davit::transfer {

// Tags that could not be moved, with why. A failure of one tag's own (it is no image, its content is wrong, the
// registry refuses it) does not keep the others; one that would meet the others too (no connection, no credentials, a
// full disk, Ctrl-C) is thrown at once.
using FailedTags = std::vector<std::pair<std::string, base::Error>>;

// Pulls each tag that the registry lists, in its order; what several share is fetched once. The status, in docker's
// words, is told once at the end, and not when a tag failed.
FailedTags pull_all_tags(store::Store& store, Registries& registries, const oci::RepositoryName& repository,
                         PullOptions options, Progress& progress);

// Pushes each tag of the repository that is here, by name. Throws Error(kNotFound) with docker's words when there is
// none.
FailedTags push_all_tags(store::Store& store, Registries& registries, const oci::RepositoryName& repository,
                         PushOptions options, Progress& progress);

}  // namespace davit::transfer
