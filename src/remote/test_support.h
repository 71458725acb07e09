#pragma once
// What the tests of this folder share.

#include <gtest/gtest.h>

#include "base/error.h"
#include "codec/hash.h"
#include "oci/manifest.h"
#include "remote/registry_client.h"
#include "tests/testing/scripted_server.h"

namespace davit::remote {

using test::RecordedRequest;
using test::Reply;
using test::ScriptedServer;

inline constexpr char kManifestText[] =
    R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json"})";
inline constexpr char kManifestType[] = "application/vnd.docker.distribution.manifest.v2+json";

class RemoteTest : public testing::Test {
 protected:
  // Impatient, so that tests of retries are quick.
  static ClientOptions options() {
    ClientOptions options;
    options.plain_http = true;
    options.tries = 3;
    options.backoff = std::chrono::milliseconds(1);
    options.max_backoff = std::chrono::milliseconds(2000);
    options.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  oci::RepositoryName repository(const std::string& path = "team/app") const {
    return oci::RepositoryName::parse(server.host() + "/" + path);
  }
  RegistryClient client() { return RegistryClient(server.host(), options(), nullptr); }

  // Runs the call, which must throw an Error, and gives it.
  template <typename Call>
  static base::Error error_of(Call call) {
    try {
      call();
    } catch (const base::Error& e) {
      return e;
    }
    ADD_FAILURE() << "no error";
    return base::Error(base::Code::kInternal, "no error");
  }

  static Reply manifest_reply(const std::string& text = kManifestText) {
    return {.headers = {{"Content-Type", kManifestType}, {"Docker-Content-Digest", codec::digest_of(text).text()}},
            .body = text};
  }

  ScriptedServer server;
};

}  // namespace davit::remote
