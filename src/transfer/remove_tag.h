#pragma once
// Removing a tag of a registry, in steps, so that whoever asks the user can do so between them.

#include <string>
#include <vector>

#include "oci/reference.h"
#include "transfer/registries.h"

namespace davit::transfer {

class TagRemoval {
 public:
  // Asks what the tag means. Throws Error(kNotFound) where there is no such tag.
  TagRemoval(Registries& registries, const oci::Reference& reference);
  TagRemoval(const TagRemoval&) = delete;
  TagRemoval& operator=(const TagRemoval&) = delete;

  const oci::Descriptor& target() const { return target_; }

  // Removes the tag alone. False: this registry deletes manifests by their digest only, and with one go all tags that
  // mean it. Throws Error(kNotSupported) where the registry deletes nothing.
  bool remove_alone();

  // What a removal by digest would take along.
  struct Losses {
    std::vector<std::string> same;        // other tags that mean the same manifest
    std::vector<std::string> containing;  // tags of indexes that list it: they would be broken
  };
  // One HEAD for each other tag, several at once.
  Losses losses();
  // Deletes what the tag meant when asked, not what it may mean by now.
  void remove_with_manifest();

 private:
  [[noreturn]] void fail_disabled() const;

  const oci::Reference reference_;
  const oci::RepositoryName& repository_;
  remote::RegistryClient& client_;
  const oci::Descriptor target_;
};

}  // namespace davit::transfer
