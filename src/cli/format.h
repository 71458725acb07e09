#pragma once
// What several commands' output shares.

#include <string>

#include "base/clock.h"
#include "cli/arguments.h"
#include "operations/filters.h"

namespace davit::cli {

// Whether --format json was given; throws ClientError for any other format.
bool wants_json(const Arguments& arguments);

// What --filter (-f) gave. Throws UsageError in docker's words for what is no "name=value".
operations::Filters filters_of(const Arguments& arguments);

// As Go prints a time of the local zone: "2026-11-23 17:30:55 +0000 UTC".
std::string go_time(base::Time time);

}  // namespace davit::cli
