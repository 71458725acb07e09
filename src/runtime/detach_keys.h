#pragma once
// The keys that leave a container alone at a terminal: docker's --detach-keys.

#include <string>
#include <string_view>

namespace davit::runtime {

inline constexpr std::string_view kDefaultDetachKeys = "ctrl-p,ctrl-q";

// The bytes that a terminal sends for them: single characters, "ctrl-a" to "ctrl-z", "ctrl-@", "ctrl-[", "ctrl-\",
// "ctrl-]", "ctrl-^", "ctrl-_" and "DEL", between commas. Throws Error(kInvalidArgument) with docker's words.
std::string parse_detach_keys(std::string_view text);

// Watches for them in what is typed.
class DetachWatch {
 public:
  explicit DetachWatch(std::string keys) : keys_(std::move(keys)) {}  // empty: never

  // What goes on to the container: all but the keys, and what may become them by what follows.
  std::string pass(std::string_view typed);
  bool detached() const { return detached_; }
  const std::string& keys() const { return keys_; }

 private:
  std::string keys_;
  std::string held_;  // a beginning of the keys
  bool detached_ = false;
};

}  // namespace davit::runtime
