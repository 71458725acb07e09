#pragma once
// An instruction's flags: --name=value at the start of its line. Internal to this folder.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace davit::dockerfile {

enum class FlagKind { kBool, kText, kTexts };  // kTexts: may be there several times

struct FlagRow {
  std::string_view name;
  FlagKind kind;
};

class Flags {
 public:
  // Throws Error(kInvalidArgument) in BuildKit's words for what the table does not allow.
  Flags(const std::vector<std::string>& written, std::span<const FlagRow> table);

  bool is_set(std::string_view name) const;                 // a bool: not given is false
  std::optional<bool> choice(std::string_view name) const;  // a bool: nothing where it is not given
  std::string text(std::string_view name) const;            // empty where it is not given
  std::vector<std::string> texts(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace davit::dockerfile
