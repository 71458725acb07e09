#pragma once
// Signatures and SBOMs of what is copied (docs/adr/0052-referrers.md).

#include <set>
#include <string>
#include <vector>

#include "transfer/copy_content.h"

namespace davit::transfer {

// Copies what refers to manifests, what refers to that, and so on: by the referrers API or the tag in its place, and by
// cosign's tags (.sig, .att, .sbom). Where the target has no API, the index under that tag is kept there.
class ReferrersCopier {
 public:
  ReferrersCopier(const CopyRoute& route, ContentCopier& content, Progress& progress)
      : route_(route), content_(content), progress_(progress) {}

  // Returns how many manifests and tags refer to the subjects. Throws Error(kNotSupported) for more than a thousand.
  std::size_t copy(const RemoteGraph& subjects);

 private:
  struct Attached {
    oci::Descriptor descriptor;
    std::string tag;  // of cosign; empty: by the subject in it
  };
  std::vector<Attached> find(const oci::Digest& subject);
  std::vector<oci::Descriptor> list(const oci::Digest& subject);
  void add_subjects(const RemoteGraph& graph);
  void copy_attached(const oci::Digest& subject, const Attached& attached);
  oci::Descriptor described(const RemoteNode& node, const oci::Descriptor& listed) const;
  void put_tag(const RemoteNode& node, const std::string& tag);
  void keep_index(const oci::Digest& subject, const std::vector<oci::Descriptor>& added);

  const CopyRoute& route_;
  ContentCopier& content_;
  Progress& progress_;
  std::vector<oci::Digest> waiting_;  // subjects to be looked at
  std::set<oci::Digest> seen_;
  std::vector<oci::Descriptor> copied_;  // of the subject under way, by the subject in them
};

}  // namespace davit::transfer
