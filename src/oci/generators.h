#pragma once
// Random values of this folder's types for the property tests (rapidcheck). Tests only.

#include <string>
#include <vector>

#include <rapidcheck.h>

#include "oci/digest.h"
#include "oci/reference.h"
#include "oci/version.h"

namespace davit::oci::generators {

inline std::string text_of(const std::string& alphabet, std::size_t least, std::size_t most) {
  const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
  return *rc::gen::container<std::string>(size, rc::gen::elementOf(alphabet));
}

inline const std::string kDigits = "0123456789";
inline const std::string kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
inline const std::string kAlnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

inline std::string path_component() {
  std::string out = text_of(kLower, 1, 8);
  const auto more = *rc::gen::inRange(0, 3);
  for (int i = 0; i < more; ++i) {
    out += *rc::gen::element<std::string>(".", "_", "__", "-", "---") + text_of(kLower, 1, 4);
  }
  return out;
}

inline std::string path() {
  std::string out = path_component();
  const auto more = *rc::gen::inRange(0, 4);
  for (int i = 0; i < more; ++i) out += "/" + path_component();
  return out;
}

inline std::string domain() {
  const std::string host = *rc::gen::element<std::string>("docker.io", "index.docker.io", "localhost", "127.0.0.1",
                                                          "registry.example.com", "Reg", "[::1]", "[fe80:0::A1]");
  // A lone word is a host by its port alone, or its capitals.
  return host + *rc::gen::element<std::string>("", ":5000", ":1");
}

inline std::string tag() { return text_of(kAlnum + "_", 1, 1) + text_of(kAlnum + "_.-", 0, 127); }

}  // namespace davit::oci::generators

namespace rc {

template <>
struct Arbitrary<davit::oci::Digest> {
  static Gen<davit::oci::Digest> arbitrary() {
    return gen::exec([] {
      using davit::oci::Algorithm;
      const auto algorithm = *gen::element(Algorithm::kSha256, Algorithm::kSha512);
      const std::size_t digits = algorithm == Algorithm::kSha256 ? 64 : 128;
      return davit::oci::Digest::from_hex(algorithm,
                                          davit::oci::generators::text_of("0123456789abcdef", digits, digits));
    });
  }
};

template <>
struct Arbitrary<davit::oci::Version> {
  static Gen<davit::oci::Version> arbitrary() {
    return gen::exec([] {
      namespace g = davit::oci::generators;
      davit::oci::Version version;
      version.major = *gen::arbitrary<std::uint64_t>();
      version.minor = *gen::inRange<std::uint64_t>(0, 3);
      version.patch = *gen::inRange<std::uint64_t>(0, 3);
      const auto parts = *gen::inRange(0, 4);
      for (int i = 0; i < parts; ++i) {
        version.prerelease.push_back(*gen::element<std::string>("0", "1", "9", "10", "123456789012345678901234567890",
                                                                "alpha", "Beta", "rc", "-", "0a", "1-"));
      }
      if (*gen::arbitrary<bool>())
        version.build = g::text_of(g::kAlnum + "-", 1, 6) + "." + g::text_of(g::kDigits, 1, 3);
      return version;
    });
  }
};

template <>
struct Arbitrary<davit::oci::Reference> {
  static Gen<davit::oci::Reference> arbitrary() {
    return gen::exec([] {
      namespace g = davit::oci::generators;
      std::string text = g::path();
      // A first part with a dot would be taken for a registry.
      const bool needs_domain = text.substr(0, text.find('/')).find('.') != std::string::npos;
      if (needs_domain || *gen::arbitrary<bool>()) text = g::domain() + "/" + text;
      if (*gen::arbitrary<bool>()) text += ":" + g::tag();
      if (*gen::arbitrary<bool>()) text += "@" + (*gen::arbitrary<davit::oci::Digest>()).text();
      return davit::oci::Reference::parse(text);
    });
  }
};

}  // namespace rc
