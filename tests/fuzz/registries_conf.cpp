// containers' registries.conf. What parses has rules that give endpoints for any name; what does not is refused with
// the file's name.
#include "config/registries_conf.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "remote/endpoints.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace davit;
  using fuzz::require;
  base::log::set_level(base::log::Level::kOff);
  config::RegistriesConf conf;
  try {
    conf.add({reinterpret_cast<const char*>(data), size}, "r.conf");
  } catch (const base::Error& e) {
    require(e.code() == base::Code::kInvalidArgument || e.code() == base::Code::kNotSupported);
    require(e.message().starts_with("r.conf:"));
    return 0;
  }
  for (const remote::RegistryRule& rule : conf.rules) {
    require(remote::is_valid_prefix(rule.prefix));
    const std::string host = rule.prefix.starts_with("*.") ? "x" + rule.prefix.substr(1) : rule.prefix;
    for (const char* path : {"/a", "/a/b"}) {
      try {
        const auto repository = oci::RepositoryName::parse(host + path);
        require(!remote::reading_endpoints({.own = {}, .system = conf.rules}, repository, false).empty());
      } catch (const base::Error& e) {  // blocked, or a name too long
        require(e.code() == base::Code::kPermissionDenied || e.code() == base::Code::kInvalidArgument);
      }
    }
  }
  for (const auto& [name, alias] : conf.aliases) require(remote::is_valid_location(alias.name));
  return 0;
}
