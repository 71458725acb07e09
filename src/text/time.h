#pragma once
// Spans of time for people, in docker's words (go-units).

#include <chrono>
#include <string>

#include "base/clock.h"

namespace davit::text {

// "Less than a second", "1 second", "47 seconds", "About a minute", "3 minutes", "About an hour", "36 hours", "2 days",
// "3 weeks", "5 months", "2 years". A negative span (clocks differ) is less than a second.
std::string human_duration(std::chrono::nanoseconds span);

// human_duration and " ago": the CREATED column.
std::string human_age(base::Time then, base::Time now);

}  // namespace davit::text
