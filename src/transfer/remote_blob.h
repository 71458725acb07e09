#pragma once
// A blob of a registry as a Source: fetched while it is read, never held whole.

#include <thread>

#include "base/cancellation.h"
#include "base/pipe.h"
#include "oci/descriptor.h"
#include "oci/reference.h"
#include "remote/registry_client.h"

namespace davit::transfer {

// A thread of its own fetches through a bounded pipe; a broken connection is taken up where it stopped. The digest is
// verified as the bytes pass: the last ones are not given out unless it is right (Error(kCorrupt)). Errors of the fetch
// come out of read(), as plain Errors: to whoever sends the bytes on they are not failures of its own connection.
class RemoteBlob final : public base::Source {
 public:
  // Fetching begins at once. The client outlives it.
  RemoteBlob(remote::RegistryClient& client, oci::RepositoryName repository, oci::Descriptor blob);
  ~RemoteBlob() override;  // an unfinished fetch is broken off, whatever it waits for
  std::size_t read(base::ByteSpan buffer) override;

 private:
  void fetch();

  remote::RegistryClient& client_;
  const oci::RepositoryName repository_;
  const oci::Descriptor blob_;
  base::Pipe pipe_;
  base::Cancellation cancellation_{base::Cancellation::of_this_thread()};
  std::jthread fetcher_;  // last, so that it begins when all else is there
};

}  // namespace davit::transfer
