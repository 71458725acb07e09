#include "registry/gate.h"

namespace davit::registry {

http::Response OpenGate::greeting() {
  http::Response response(200);
  response.add("Content-Type", "application/json").add("Docker-Distribution-Api-Version", "registry/2.0");
  response.body("{}");
  return response;
}

}  // namespace davit::registry
