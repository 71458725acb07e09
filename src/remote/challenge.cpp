#include "remote/challenge.h"

#include <optional>

#include "base/strings.h"

namespace davit::remote {

namespace {

constexpr std::size_t kMaxHeaderBytes = 16 * 1024;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_token_char(char c) {
  return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_token68_char(char c) {
  return is_alphanumeric(c) || (c != '\0' && std::string_view("-._~+/").find(c) != std::string_view::npos);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::vector<Challenge> challenges() {
    std::vector<Challenge> found;
    for (;;) {
      skip_commas();
      Challenge challenge{base::to_lower(take(is_token_char)), {}};
      if (challenge.scheme.empty()) return found;
      const bool whole = credentials(challenge);
      found.push_back(std::move(challenge));
      if (!whole) return found;
    }
  }

 private:
  // What follows the scheme; false at a syntax error.
  bool credentials(Challenge& challenge) {
    if (rest_.empty() || rest_[0] == ',') return true;
    if (!skip_space()) return false;
    if (skip_token68()) return true;
    for (;;) {
      skip_commas();
      const std::string_view before = rest_;
      const std::string_view name = take(is_token_char);
      skip_space();
      if (name.empty()) return rest_.empty();
      if (rest_.empty() || rest_[0] != '=') {  // no parameter: the next challenge's scheme
        rest_ = before;
        return true;
      }
      rest_.remove_prefix(1);
      skip_space();
      std::optional<std::string> text = value();
      if (!text) return false;
      challenge.parameters.emplace(base::to_lower(name), std::move(*text));
      skip_space();
      if (!rest_.empty() && rest_[0] != ',') return false;
    }
  }

  std::optional<std::string> value() {
    if (rest_.empty() || rest_[0] != '"') {
      std::string text(take(is_token_char));
      return text.empty() ? std::nullopt : std::optional(std::move(text));
    }
    rest_.remove_prefix(1);
    std::string text;
    while (!rest_.empty()) {
      char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        c = rest_[0];
        rest_.remove_prefix(1);
      }
      text += c;
    }
    return std::nullopt;
  }

  // "Negotiate YWJj==": credentials without names, which we have no use for.
  bool skip_token68() {
    const std::string_view before = rest_;
    const bool some = !take(is_token68_char).empty();
    while (!rest_.empty() && rest_[0] == '=') rest_.remove_prefix(1);
    skip_space();
    if (some && (rest_.empty() || rest_[0] == ',')) return true;
    rest_ = before;
    return false;
  }

  std::string_view take(bool (*wanted)(char)) {
    std::size_t size = 0;
    while (size < rest_.size() && wanted(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool skip_space() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  void skip_commas() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == ',')) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) {
  if (header.size() > kMaxHeaderBytes) return {};
  return Parser(header).challenges();
}

}  // namespace davit::remote
