#pragma once
// A client of one registry by the OCI distribution-spec v1.1.1 (and docker's registry v2, its ancestor). It asks
// nothing it need not ask: no ping of /v2/, credentials only when challenged, one token per scope. Safe for use by
// several threads: tokens and the choice of scheme are shared under a lock, each call uses a connection of its own
// pool.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/credentials.h"
#include "base/io.h"
#include "http/proxy.h"
#include "oci/descriptor.h"
#include "oci/reference.h"

namespace davit::remote {

struct ClientOptions {
  bool plain_http = false;           // never try TLS
  bool plain_http_fallback = false;  // TLS first; plain HTTP where the peer does not speak TLS (loopback)
  bool skip_tls_verify = false;
  std::vector<std::filesystem::path> ca_files;  // PEM, in addition to the system's
  std::filesystem::path client_certificate;     // PEM, shown to a registry that asks for one; with its key
  std::filesystem::path client_key;
  http::ProxySettings proxy;
  // Of one request, on 408, 429, 5xx and broken connections; of a blob, those that got it no further. A host that never
  // answered is not tried again.
  int tries = 5;
  // Doubled each time, with jitter. Retry-After is honoured; one longer than max_backoff ends the tries at once.
  std::chrono::milliseconds backoff{500};
  std::chrono::milliseconds max_backoff{60'000};
  std::chrono::seconds connect_timeout{30};
  std::chrono::seconds stall_timeout{60};  // no byte for so long: the transfer is broken off and tried again
  std::string user_agent;                  // "davit/0.1.0 …"
};

// What a manifest request told. `descriptor.digest` is verified against the bytes by get_manifest; a HEAD's is the
// server's.
struct RemoteManifest {
  oci::Descriptor descriptor;
  std::string bytes;  // empty after a HEAD
};

// docker.io's pull limit as its headers told it (facts: a manifest GET counts, a HEAD does not).
struct RateLimit {
  std::optional<std::uint64_t> limit, remaining;
  std::optional<std::chrono::seconds> window;
  std::string source;  // whose pulls are counted ("docker-ratelimit-source"): an address or an account; or empty

  bool told() const { return limit || remaining; }
};

// Where a blob of an upload comes from: called once per try, from the start.
using SourceFactory = std::function<std::unique_ptr<base::Source>()>;

enum class UploadResult { kUploaded, kAlreadyThere, kMounted };

class Session;

class RegistryClient {
 public:
  // `host` is a RepositoryName's domain; docker.io's API host is known to it. Nothing is sent yet.
  RegistryClient(std::string host, ClientOptions options, std::shared_ptr<const auth::CredentialStore> credentials);
  ~RegistryClient();

  // `reference` is a tag or a digest. Nothing: the registry has no such manifest (404). HEAD where the registry gives
  // the digest in its answer, else GET (some registries omit it).
  std::optional<RemoteManifest> head_manifest(const oci::RepositoryName& repository, const std::string& reference);
  // At most oci::kMaxManifestBytes; a digest in `reference` and the server's Docker-Content-Digest are verified:
  // Error(kCorrupt). Refusals have dockerd's words: Error(kNotFound) "manifest for NAME:TAG not found: manifest
  // unknown: …", Error(kUnauthorized) 'Get "URL": no basic auth credentials', Error(kPermissionDenied) "pull access
  // denied for NAME, …".
  RemoteManifest get_manifest(const oci::RepositoryName& repository, const std::string& reference);

  // Writes the blob's bytes from `offset` to the sink; a broken connection is taken up where it stopped. When the
  // server cannot give a range, `restart` is called (it drops what the sink has) and the bytes come from 0. The size is
  // checked (Error(kCorrupt)), the digest is the sink's affair. Redirects are followed without credentials to another
  // host.
  void fetch_blob(const oci::RepositoryName& repository, const oci::Descriptor& blob, std::uint64_t offset,
                  base::Sink& sink, const std::function<void()>& restart);
  // The same for a part of a blob, the bytes from `begin` to before `end`: what is given is what was asked for, or
  // false is returned, where the server gives no such ranges; what was written by then is of the range. Several may be
  // fetched at once.
  bool fetch_blob_range(const oci::RepositoryName& repository, const oci::Descriptor& blob, std::uint64_t begin,
                        std::uint64_t end, base::Sink& sink);
  bool has_blob(const oci::RepositoryName& repository, const oci::Digest& digest);

  // HEAD, then a mount from `mount_from` (of the same registry) where given, then an upload in one stream, or in chunks
  // where the registry refuses that. `sent` is told each piece's bytes (negative when a try starts anew).
  UploadResult push_blob(const oci::RepositoryName& repository, const oci::Descriptor& blob,
                         const std::optional<oci::RepositoryName>& mount_from, const SourceFactory& open,
                         const std::function<void(std::int64_t)>& sent);
  // Returns the digest that the registry named, which is verified to be that of the bytes.
  oci::Digest put_manifest(const oci::RepositoryName& repository, const std::string& reference,
                           std::string_view media_type, std::string_view bytes);

  // One page walk of tags/list, in the registry's order. Error(kNotFound) for an unknown repository.
  std::vector<std::string> list_tags(const oci::RepositoryName& repository);

  // Checks a user's password (GET /v2/ with Basic, or a token request, as the registry challenges). Throws
  // Error(kUnauthorized) with docker's words: "login attempt to http://HOST/v2/ failed with status: 401 Unauthorized".
  // Returns what is to be kept: the credentials, or in the password's place the identity token that a token server gave
  // for it.
  auth::Credentials check_login(const auth::Credentials& credentials);

  RateLimit rate_limit() const;  // as last told
  // How long this registry takes at least to answer, as far as it was asked yet.
  std::optional<std::chrono::microseconds> latency() const;

  // What the requests of this folder's other headers (referrers.h, deletion.h, search.h) are sent by.
  Session& session();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace davit::remote
