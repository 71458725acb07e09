#include "registry/gate.h"

namespace davit::registry {

http::ServerResponse OpenGate::greeting() {
  http::ServerResponse response(200);
  response.add("Content-Type", "application/json");
  response.body("{}");
  return response;
}

}  // namespace davit::registry
