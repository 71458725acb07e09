#pragma once
// What several commands' output shares.

#include <optional>
#include <string>

#include "base/clock.h"
#include "cli/arguments.h"
#include "operations/filters.h"

namespace davit::cli {

class Context;

// What --filter (-f) gave. Throws UsageError in docker's words for what is no "name=value".
operations::Filters filters_of(const Arguments& arguments);

// A template of docker's config.json ("imagesFormat", "psFormat"); empty where it names none or cannot be read, of
// which the user is warned.
std::string configured_format(Context& context, const std::string& key);

// As Go prints a time of the local zone, in whole seconds: "2026-11-23 17:30:55 +0000 UTC". With no time Go's zero.
std::string go_time(const std::optional<base::Time>& time);
// The same as RFC 3339: "2026-11-23T17:30:55Z", "2026-11-23T18:30:55+01:00".
std::string local_rfc3339(const std::optional<base::Time>& time);

}  // namespace davit::cli
