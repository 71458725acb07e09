#pragma once
// One request at the registry's door, and what its endpoints share. Private to src/registry.

#include <memory>
#include <variant>

#include "http/server.h"
#include "registry/access.h"
#include "registry/content_cache.h"
#include "registry/errors.h"
#include "registry/route.h"
#include "registry/settings.h"
#include "registry/store.h"

namespace davit::registry {

// What every endpoint may use; outlives all calls.
struct Context {
  const Settings& settings;
  Store& store;
  ContentCache& cache;
};

struct Call {
  const http::ServerRequest& request;
  Route route;
  http::Query query;
  Caller caller;
  const Context& context;

  Metadata& metadata() const { return *context.store.metadata; }
  BlobBytes& bytes() const { return *context.store.bytes; }
  const std::string& repository() const { return route.repository; }
  // Who changed something, for the history: the user, or the address of an anonymous one.
  std::string who() const { return caller.is_anonymous() ? request.peer.text : caller.user; }
};

// An answer, or who takes the request's body and answers then.
using Started = std::variant<http::ServerResponse, std::unique_ptr<http::Exchange>>;

// The endpoints. Each runs on a worker, and may throw base::Error. The call outlives what they return.
Started get_blob(const Call& call);  // also HEAD
Started delete_blob(const Call& call);
Started begin_upload(const Call& call);
Started patch_upload(const Call& call);
Started put_upload(const Call& call);
Started get_upload(const Call& call);
Started delete_upload(const Call& call);
Started get_manifest(const Call& call);  // also HEAD
Started put_manifest(const Call& call);
Started delete_manifest(const Call& call);
Started list_tags(const Call& call);
Started list_referrers(const Call& call);
Started list_repositories(const Call& call);

}  // namespace davit::registry
