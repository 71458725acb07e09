#pragma once
// Values as Go's fmt package prints them.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "text/template_value.h"

namespace davit::text {

// What no output, and no text that a template makes on its way, may exceed.
inline constexpr std::size_t kMostOutput = 64 * 1024 * 1024;

// fmt.Sprint, Sprintln and Sprintf. Mistakes in a format come out as Go writes them ("%!d(string=x)"). Throw
// Error(kInvalidArgument) past kMostOutput. %x and %b of a floating-point number are "%!x(float64=…)": not supported.
std::string go_print(std::span<const Value> values);
std::string go_println(std::span<const Value> values);
std::string go_printf(std::string_view format, std::span<const Value> values);

// What a template shows for a value: a pointer's target, "<no value>" for the invalid one.
std::string go_shown(const Value& value);

}  // namespace davit::text
