#pragma once
// What an image is pulled from: its registry's mirrors and then the registry, each asked where the one before it fails
// or does not have what is wanted.

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "oci/reference.h"
#include "transfer/registries.h"

namespace davit::transfer {

// As RegistryClient's methods of the same names. One that failed is not asked again. The last one's error is the
// error. Thread-safe.
class PullSource {
 public:
  PullSource(Registries& registries, const oci::RepositoryName& repository, bool by_digest)
      : places_(registries.reading(repository, by_digest)) {}

  std::optional<remote::RemoteManifest> head_manifest(const std::string& reference);
  remote::RemoteManifest get_manifest(const std::string& reference);
  void fetch_blob(const oci::Descriptor& blob, std::uint64_t offset, base::Sink& sink,
                  const std::function<void()>& restart);

 private:
  void give_up(std::size_t place, const std::string& what, const std::string& why);

  const std::vector<Registries::Place> places_;
  std::atomic<std::size_t> first_{0};  // those before it have failed
};

}  // namespace davit::transfer
