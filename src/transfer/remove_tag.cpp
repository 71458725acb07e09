#include "transfer/remove_tag.h"

#include <algorithm>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/strings.h"
#include "oci/manifest.h"
#include "remote/deletion.h"

namespace davit::transfer {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kParallel = 8;

enum class Relation { kNone, kSame, kContains };

Relation relate(remote::RegistryClient& client, const oci::RepositoryName& repository, const std::string& tag,
                const oci::Digest& digest) {
  const auto head = client.head_manifest(repository, tag);
  if (!head) return Relation::kNone;  // gone meanwhile
  if (head->descriptor.digest == digest) return Relation::kSame;
  if (!oci::media_type::is_index(head->descriptor.media_type)) return Relation::kNone;
  const auto found = client.get_manifest(repository, tag);
  const oci::Index index = oci::Index::parse(found.bytes, found.descriptor.media_type);
  const bool contains = std::any_of(index.manifests.begin(), index.manifests.end(),
                                    [&](const oci::Descriptor& child) { return child.digest == digest; });
  return contains ? Relation::kContains : Relation::kNone;
}

oci::Descriptor find_tag(remote::RegistryClient& client, const oci::Reference& reference) {
  const auto head = client.head_manifest(reference.repository(), *reference.tag());
  if (head) return head->descriptor;
  throw Error(Code::kNotFound, "No such tag in the registry: " + reference.familiar());
}

}  // namespace

TagRemoval::TagRemoval(Registries& registries, const oci::Reference& reference)
    : reference_(reference),
      repository_(reference_.repository()),
      client_(registries.writing(repository_)),
      target_(find_tag(client_, reference_)) {}

bool TagRemoval::remove_alone() {
  if (remote::delete_manifest(client_, repository_, *reference_.tag()) == remote::Deletion::kDeleted) return true;
  // A registry in which deletion is off says so of any digest, one that deletes knows no such manifest: asked before
  // the user is, and before thousands of tags are looked at.
  const auto nobodys = oci::Digest::from_hex(oci::Algorithm::kSha256, base::random_hex(32));
  if (remote::delete_manifest(client_, repository_, nobodys.text()) == remote::Deletion::kRefused) fail_disabled();
  return false;
}

TagRemoval::Losses TagRemoval::losses() {
  std::vector<std::string> tags = client_.list_tags(repository_);
  std::erase(tags, *reference_.tag());
  std::vector<Relation> relations(tags.size(), Relation::kNone);
  base::parallel_for(tags.size(), kParallel, [&](std::size_t i) {
    base::check_interrupted();
    relations[i] = relate(client_, repository_, tags[i], target_.digest);
  });
  Losses losses;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (relations[i] == Relation::kSame) losses.same.push_back(tags[i]);
    if (relations[i] == Relation::kContains) losses.containing.push_back(tags[i]);
  }
  std::sort(losses.same.begin(), losses.same.end());
  std::sort(losses.containing.begin(), losses.containing.end());
  return losses;
}

void TagRemoval::remove_with_manifest() {
  switch (remote::delete_manifest(client_, repository_, target_.digest.text())) {
    case remote::Deletion::kDeleted:
    case remote::Deletion::kNotFound:  // somebody else was quicker
      return;
    case remote::Deletion::kRefused:
      fail_disabled();
  }
}

void TagRemoval::fail_disabled() const {
  throw Error::format(Code::kNotSupported,
                      "{} does not delete: {} is as it was (docker-registry needs 'storage: delete: enabled: true')",
                      repository_.domain(), reference_.familiar());
}

}  // namespace davit::transfer
