#include "runtime/detach_keys.h"

#include <optional>

#include "base/error.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

constexpr std::string_view kControl = "ctrl-";
constexpr char kDelete = 127;

std::optional<char> code_of(std::string_view key) {
  if (key.size() == 1) return key[0];
  if (key == "DEL") return kDelete;
  if (key.size() != kControl.size() + 1 || !key.starts_with(kControl)) return {};
  const char letter = key.back();
  if (letter >= 'a' && letter <= 'z') return static_cast<char>(letter - 'a' + 1);
  if (letter == '@' || (letter >= '[' && letter <= '_')) return static_cast<char>(letter - '@');
  return {};
}

}  // namespace

std::string parse_detach_keys(std::string_view text) {
  std::string codes;
  for (const std::string& key : base::split(text, ',')) {
    const auto code = code_of(key);
    if (!code) {
      throw base::Error::format(base::Code::kInvalidArgument, "Invalid escape keys ({}) provided",
                                base::printable(text));
    }
    codes += *code;
  }
  return codes;
}

std::string DetachWatch::pass(std::string_view typed) {
  std::string passed;
  if (keys_.empty()) return std::string(typed);
  for (const char c : typed) {
    held_ += c;
    while (!keys_.starts_with(held_)) {
      passed += held_.front();
      held_.erase(0, 1);
    }
    if (held_ == keys_) {
      detached_ = true;
      break;
    }
  }
  return passed;
}

}  // namespace davit::runtime
