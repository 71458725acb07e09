#pragma once
// A registry's pull budget in words.

#include <string>

#include "remote/registry_client.h"

namespace davit::cli {

// "8 of 100 pulls left in this 6 hours"; what was not told is left out.
std::string budget_words(const remote::RateLimit& limit);

}  // namespace davit::cli
