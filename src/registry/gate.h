#pragma once
// Who is let in: the request's credentials, and the rules.

#include <optional>
#include <string>
#include <variant>

#include "http/server.h"
#include "registry/access.h"
#include "registry/route.h"
#include "registry/settings.h"

namespace davit::registry {

// What a request wants to do.
struct Wish {
  Action action;
  Place place;
  std::string repository;
};

// Safe for use by several threads.
class Gate {
 public:
  virtual ~Gate() = default;
  // Who asks, where the credentials were looked at before or there are none; never blocks.
  virtual std::optional<Caller> known(const http::ServerRequest& request) = 0;
  // Who asks, or the refusal: 401 with a challenge where other credentials would help, 403 where none would. May take
  // the time of a password check.
  virtual std::variant<Caller, http::ServerResponse> admit(const http::ServerRequest& request, const Wish& wish) = 0;
  // GET /v2/: docker asks here whether it must log in.
  virtual http::Handler::Reply greet(const http::ServerRequest& request) = 0;
  // Pages of its own (/token).
  virtual bool serves(const http::ServerRequest& request) = 0;
  virtual http::Handler::Reply serve(const http::ServerRequest& request) = 0;
  virtual void reload() {}  // what it keeps in files
};

// Everybody may do everything.
class OpenGate final : public Gate {
 public:
  std::optional<Caller> known(const http::ServerRequest&) override { return Caller{}; }
  std::variant<Caller, http::ServerResponse> admit(const http::ServerRequest&, const Wish&) override {
    return Caller{};
  }
  http::Handler::Reply greet(const http::ServerRequest&) override { return greeting(); }
  bool serves(const http::ServerRequest&) override { return false; }
  http::Handler::Reply serve(const http::ServerRequest&) override { return http::ServerResponse(404); }

  static http::ServerResponse greeting();
};

}  // namespace davit::registry
