#pragma once
// WWW-Authenticate (RFC 9110, 11.6.1; once RFC 7235, 4.1): which ways of authentication a server offers. Untrusted
// input: fuzzed by tests/fuzz/challenge.cpp.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace davit::remote {

struct Challenge {
  std::string scheme;                             // lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names in lower case; of several of one name the first

  std::string parameter(const std::string& name) const;  // empty when absent
};

// The challenges of one header value, in order. Never throws: what follows a syntax error is ignored.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace davit::remote
