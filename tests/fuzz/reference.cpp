// References, digests, platforms, versions and history references as users and servers write them: what is accepted
// must mean the same when its text is read again.
#include "oci/reference.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "oci/platform.h"
#include "oci/version.h"
#include "tests/fuzz/require.h"

namespace {

using namespace davit;
using fuzz::require;

template <typename Function>
bool accepts(Function function) {
  try {
    function();
    return true;
  } catch (const base::Error& e) {
    require(e.code() == base::Code::kInvalidArgument);
    return false;
  }
}

void check(const oci::Reference& reference) {
  require(oci::Reference::parse(reference.text()) == reference);
  require(oci::Reference::parse(reference.familiar()) == reference);
  require(!reference.repository().domain().empty() && !reference.repository().path().empty());
  require(reference.repository().path().find("..") == std::string::npos);  // it becomes part of URLs and file names
  require(oci::RepositoryName::parse(reference.repository().text()) == reference.repository());
  if (reference.tag()) require(oci::is_valid_tag(*reference.tag()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool is_reference = accepts([&] { check(oci::Reference::parse(text)); });
  accepts([&] {
    if (const auto history = oci::parse_history_reference(text)) {
      require(!is_reference && history->reference.tag().has_value());
      check(history->reference);
    }
  });
  accepts([&] {
    const oci::Platform platform = oci::Platform::parse(text);
    require(oci::Platform::parse(platform.text()) == platform);
    require(oci::match(platform, platform) == 0);
  });
  const bool is_digest = accepts([&] { require(oci::Digest::parse(text).text() == text); });
  require(is_digest == oci::Digest::try_parse(text).has_value());
  if (const auto version = oci::Version::parse(text)) {
    require(oci::Version::parse(version->text())->text() == version->text());
  }
  return 0;
}
