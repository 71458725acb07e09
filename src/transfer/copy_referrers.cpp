#include "transfer/copy_referrers.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/strings.h"
#include "remote/referrers.h"

namespace davit::transfer {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMaxReferrers = 1'000;
constexpr std::size_t kParallel = 4;
constexpr std::array<const char*, 3> kCosignSuffixes = {".sig", ".att", ".sbom"};

bool is_copied(const oci::Descriptor& descriptor) {
  return oci::media_type::is_manifest(descriptor.media_type) || oci::media_type::is_index(descriptor.media_type);
}

// The index under the tag that stands for the API; nothing where there is none.
std::optional<remote::RemoteManifest> find_index(remote::RegistryClient& client, const oci::RepositoryName& repository,
                                                 const oci::Digest& subject) {
  const std::string tag = remote::referrers_tag(subject);
  const auto head = client.head_manifest(repository, tag);
  if (!head || !oci::media_type::is_index(head->descriptor.media_type)) return std::nullopt;
  return client.get_manifest(repository, tag);
}

}  // namespace

std::size_t ReferrersCopier::copy(const RemoteGraph& subjects) {
  add_subjects(subjects);
  std::size_t count = 0;
  while (!waiting_.empty()) {
    const std::vector<oci::Digest> level = std::move(waiting_);
    waiting_.clear();
    std::vector<std::vector<Attached>> found(level.size());
    base::parallel_for(level.size(), kParallel, [&](std::size_t i) {
      base::check_interrupted();
      found[i] = find(level[i]);
    });
    for (std::size_t i = 0; i < level.size(); ++i) {
      count += found[i].size();
      if (count > kMaxReferrers) {
        throw Error::format(Code::kNotSupported, "more than {} signatures and SBOMs are more than davit copies",
                            kMaxReferrers);
      }
      copied_.clear();
      for (const Attached& attached : found[i]) copy_attached(level[i], attached);
      if (!copied_.empty()) keep_index(level[i], copied_);
    }
  }
  return count;
}

void ReferrersCopier::add_subjects(const RemoteGraph& graph) {
  for (const RemoteNode& node : graph) {
    if (seen_.insert(node.descriptor.digest).second) waiting_.push_back(node.descriptor.digest);
  }
}

std::vector<oci::Descriptor> ReferrersCopier::list(const oci::Digest& subject) {
  if (auto listed = remote::list_referrers(route_.from, route_.source, subject)) return std::move(*listed);
  const auto index = find_index(route_.from, route_.source, subject);
  if (!index) return {};
  return oci::Index::parse(index->bytes, index->descriptor.media_type).manifests;
}

std::vector<ReferrersCopier::Attached> ReferrersCopier::find(const oci::Digest& subject) {
  std::vector<Attached> found;
  for (oci::Descriptor& one : list(subject)) {
    if (is_copied(one)) {
      found.push_back({.descriptor = std::move(one)});
    } else {
      progress_.message(fmt::format("{} of type {} is left out: it is neither manifest nor index", one.digest.text(),
                                    base::printable(one.media_type)));
    }
  }
  for (const char* suffix : kCosignSuffixes) {
    const std::string tag = remote::referrers_tag(subject) + suffix;
    if (auto head = route_.from.head_manifest(route_.source, tag)) {
      found.push_back({.descriptor = std::move(head->descriptor), .tag = tag});
    }
  }
  return found;
}

void ReferrersCopier::copy_attached(const oci::Digest& subject, const Attached& attached) {
  const RemoteGraph graph =
      fetch_graph(route_.from, route_.source, fetch_manifest(route_.from, route_.source, attached.descriptor));
  const RemoteNode& top = graph.back();
  content_.copy(graph);
  if (attached.tag.empty()) {
    content_.put(top, top.descriptor.digest.text());
    copied_.push_back(described(top, attached.descriptor));
    const std::string& type = copied_.back().artifact_type;
    progress_.message(fmt::format("{}: digest: {} size: {} (refers to {})",
                                  type.empty() ? "referrer" : base::printable(type), top.descriptor.digest.text(),
                                  top.bytes.size(), subject.text()));
  } else {
    put_tag(top, attached.tag);
  }
  add_subjects(graph);
}

// As a registry's API describes it: by what the manifest itself says.
oci::Descriptor ReferrersCopier::described(const RemoteNode& node, const oci::Descriptor& listed) const {
  oci::Descriptor out = {.media_type = node.descriptor.media_type,
                         .digest = node.descriptor.digest,
                         .size = node.bytes.size(),
                         .annotations = listed.annotations,
                         .artifact_type = listed.artifact_type};
  if (node.manifest) {
    out.annotations = node.manifest->annotations;
    out.artifact_type =
        node.manifest->artifact_type.empty() ? node.manifest->config.media_type : node.manifest->artifact_type;
  }
  return out;
}

void ReferrersCopier::put_tag(const RemoteNode& node, const std::string& tag) {
  const auto before = route_.to.head_manifest(route_.target, tag);
  content_.put(node, tag);
  progress_.message(fmt::format("{}: digest: {} size: {}", tag, node.descriptor.digest.text(), node.bytes.size()));
  if (before && before->descriptor.digest != node.descriptor.digest) {
    progress_.message(fmt::format("{}: was {}", tag, before->descriptor.digest.text()));
  }
}

// What stands in for the API where the target has none. Two who do this at once may lose one of the entries: the
// specification knows no way around it.
void ReferrersCopier::keep_index(const oci::Digest& subject, const std::vector<oci::Descriptor>& added) {
  if (remote::list_referrers(route_.to, route_.target, subject)) return;
  oci::Index index = {.media_type = std::string(oci::media_type::kOciIndex)};
  if (const auto before = find_index(route_.to, route_.target, subject)) {
    index = oci::Index::parse(before->bytes, before->descriptor.media_type);
  }
  const std::size_t count = index.manifests.size();
  for (const oci::Descriptor& one : added) {
    const bool known = std::any_of(index.manifests.begin(), index.manifests.end(),
                                   [&one](const oci::Descriptor& other) { return other.digest == one.digest; });
    if (!known) index.manifests.push_back(one);
  }
  if (index.manifests.size() == count) return;
  route_.to.put_manifest(route_.target, remote::referrers_tag(subject), index.media_type, oci::to_json(index));
}

}  // namespace davit::transfer
