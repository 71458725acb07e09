// What a registry reads of a request: paths, names, ranges, credentials, tokens, manifests. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/authorization.h"
#include "auth/passwords.h"
#include "auth/token.h"
#include "base/error.h"
#include "http/request.h"
#include "registry/byte_range.h"
#include "registry/manifest_document.h"
#include "registry/route.h"
#include "tests/fuzz/require.h"

namespace {

using davit::base::Error;
using davit::fuzz::attempt;
using davit::fuzz::require;

void route(std::string_view text) {
  const auto route = davit::registry::parse_route(text);
  if (!route) return;
  require(text.starts_with("/v2"));
  if (davit::registry::is_repository_name(route->repository)) {
    require(route->repository.size() <= 255 && route->repository.find("..") == std::string::npos);
  }
}

void ranges(std::string_view text) {
  if (const auto range = davit::registry::parse_range(text, 1000); range && range->satisfiable)
    require(range->size > 0 && range->first + range->size <= 1000);
  if (const auto chunk = davit::registry::parse_chunk_range(text)) require(chunk->first <= chunk->last);
}

void token(const std::string& text) {
  static const auto key = davit::auth::Key::generate(davit::auth::Key::Kind::kEd25519);
  try {
    davit::auth::origin_of(text);
    davit::auth::verify_token(text, {key}, {.issuer = "i", .audience = "a", .now = 1});
    require(false);  // nobody signed it
  } catch (const Error& error) {
    require(error.code() == davit::base::Code::kUnauthorized);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      route(text);
      break;
    case 1:
      ranges(text);
      break;
    case 2:
      token(text);
      break;
    case 3:
      attempt([&] { davit::auth::parse_key_set(text); });
      break;
    case 4:
      try {
        davit::auth::parse_authorization(text);
      } catch (const Error& error) {
        require(error.code() == davit::base::Code::kUnauthorized);
      }
      break;
    case 5:
      attempt([&] { davit::registry::read_manifest(text, "application/vnd.oci.image.manifest.v1+json"); });
      break;
    case 6:
      attempt([&] { davit::auth::PasswordFile::parse(text, "f"); });
      break;
    default:
      attempt([&] {
        const auto access = davit::auth::parse_scope(text);
        require(davit::auth::parse_scope(davit::auth::scope_text(access)) == access);
      });
      davit::http::Query{text};
  }
  return 0;
}
