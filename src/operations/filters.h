#pragma once
// Docker's filters (--filter name=value, several of them): what lists and prunes are narrowed by.

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace davit::operations {

class Filters {
 public:
  // Adds a "name=value" as docker's client takes it: the name in lower case, both without blanks around them; an empty
  // text says nothing. Throws Error(kInvalidArgument) "bad format of filter (expected name=value)".
  void add_text(std::string_view text);
  static Filters parse(const std::vector<std::string>& texts);

  // One value given twice counts once.
  void add(const std::string& name, const std::string& value);
  bool empty() const { return values_.empty(); }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  const std::vector<std::string>& values(std::string_view name) const;  // in the order given

  // Throws Error(kInvalidArgument) "Invalid filter 'x'" for a name that is none of these.
  void allow_only(std::initializer_list<std::string_view> names) const;
  // Whether "dangling" and the like are to be so; nothing when they were not given. Throws Error(kInvalidArgument)
  // "Invalid filter 'dangling=[x]'" for what is neither true nor false.
  std::optional<bool> boolean(std::string_view name) const;
  // The earliest of the moments that "until" names, each a moment or a duration before `now`. Throws
  // Error(kInvalidArgument) as parse_moment does.
  std::optional<base::Time> until(base::Time now) const;

  bool asks_labels() const { return has("label") || has("label!"); }
  // Whether all of "label=key", "label=key=value" hold, and none of "label!=key", "label!=key=value".
  bool labels_match(const std::map<std::string, std::string>& labels) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// What docker takes for a moment: "2026-11-23T17:30:55.5Z", shorter forms of it down to "2026-11-23" (local time unless
// they end in Z or ±hh:mm), seconds since 1970 ("1136073845.5"), or a duration before `now` ("1h30m"). Throws
// Error(kInvalidArgument) "failed to parse value as time or duration: "x"".
base::Time parse_moment(const std::string& text, base::Time now);

// Go's path.Match: * and ? (neither crosses a slash), [a-z], [^a-z], \x. The whole text must match. Throws
// Error(kInvalidArgument) "syntax error in pattern".
bool path_matches(std::string_view pattern, std::string_view text);

}  // namespace davit::operations
