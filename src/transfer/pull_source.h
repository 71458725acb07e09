#pragma once
// What an image is pulled from: its registry's mirrors and then the registry, each asked where the one before it fails
// or does not have what is wanted.

#include <atomic>
#include <chrono>
#include <cstdint>
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

  // Who gave bytes to one try at a blob.
  class Givers {
   public:
    Givers() = default;
    Givers(const Givers& other) : first_(other.first_.load()) {}

   private:
    friend class PullSource;
    std::atomic<std::size_t> first_{SIZE_MAX};
  };
  void fetch_blob(const oci::Descriptor& blob, std::uint64_t offset, base::Sink& sink,
                  const std::function<void()>& restart, Givers& givers);
  bool fetch_range(const oci::Descriptor& blob, std::uint64_t begin, std::uint64_t end, base::Sink& sink,
                   Givers& givers);
  // The bytes were not those of the digest: the first who gave some is not asked again. False where there is nobody
  // after it.
  bool distrust(const Givers& givers, const oci::Descriptor& blob);

  // How long who is asked now takes at least to answer; nothing as long as it was not asked.
  std::optional<std::chrono::microseconds> latency() const { return places_[first_].client->latency(); }

 private:
  template <typename Fetch>
  auto fetch_from_each(const oci::Descriptor& blob, class WatchedSink& watched, Givers& givers, const Fetch& fetch);
  void give_up(std::size_t place, const std::string& what, const std::string& why);

  const std::vector<Registries::Place> places_;
  std::atomic<std::size_t> first_{0};  // those before it have failed
};

}  // namespace davit::transfer
