#include "transfer/all_tags.h"

#include <algorithm>

#include "base/interrupt.h"

namespace davit::transfer {

using base::Code;
using base::Error;

namespace {

bool is_of_one_tag(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kPermissionDenied:
    case Code::kCorrupt:
    case Code::kNotSupported:
      return true;
    default:
      return false;
  }
}

// Calls `move` with each tag; those that fail by themselves are returned.
template <typename Move>
FailedTags for_each_tag(const oci::RepositoryName& repository, const std::vector<std::string>& tags, const Move& move) {
  FailedTags failed;
  for (const std::string& tag : tags) {
    base::check_interrupted();
    try {
      move(oci::Reference::with_tag(repository, tag));
    } catch (const Error& error) {
      if (!is_of_one_tag(error.code())) throw;
      failed.emplace_back(tag, error);
    }
  }
  return failed;
}

}  // namespace

FailedTags pull_all_tags(store::Store& store, Registries& registries, const oci::RepositoryName& repository,
                         PullOptions options, Progress& progress) {
  const Registries::Place place = registries.location(repository);
  const auto tags = place.client->list_tags(place.repository);
  options.one_of_several = true;
  bool up_to_date = true;
  FailedTags failed = for_each_tag(repository, tags, [&](const oci::Reference& reference) {
    const PullResult pulled = pull(store, registries, reference, options, progress);
    up_to_date = up_to_date && pulled.up_to_date;
  });
  if (failed.empty()) tell_pull_status(repository.familiar(), up_to_date, progress);
  return failed;
}

FailedTags push_all_tags(store::Store& store, Registries& registries, const oci::RepositoryName& repository,
                         PushOptions options, Progress& progress) {
  progress.message("The push refers to repository [" + repository.text() + "]");
  std::vector<std::string> tags;
  for (const store::Tag& tag : store.images().list_tags()) {
    if (tag.reference.repository() == repository && tag.reference.tag()) tags.push_back(*tag.reference.tag());
  }
  if (tags.empty()) {
    throw Error(Code::kNotFound, "An image does not exist locally with the tag: " + repository.familiar());
  }
  std::sort(tags.begin(), tags.end());
  options.one_of_several = true;
  return for_each_tag(repository, tags,
                      [&](const oci::Reference& reference) { push(store, registries, reference, options, progress); });
}

}  // namespace davit::transfer
