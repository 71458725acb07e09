#include "container/names.h"

#include <algorithm>
#include <array>
#include <random>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

constexpr std::array<std::string_view, 64> kAdjectives = {
    "able",   "agile",  "airy",    "amber",  "ample",   "apt",    "azure", "balmy",  "bold",  "brisk",  "broad",
    "calm",   "candid", "clear",   "clever", "cordial", "crisp",  "deft",  "eager",  "early", "even",   "fair",
    "firm",   "fleet",  "fond",    "frank",  "fresh",   "gentle", "glad",  "golden", "grand", "hardy",  "hearty",
    "honest", "humble", "keen",    "kind",   "lively",  "loyal",  "lucid", "mellow", "merry", "mild",   "neat",
    "nimble", "noble",  "patient", "placid", "plucky",  "proud",  "quick", "quiet",  "ready", "robust", "serene",
    "silver", "snug",   "sober",   "steady", "sturdy",  "sunny",  "swift", "trim",   "warm",
};

constexpr std::array<std::string_view, 64> kSurnames = {
    "amundsen",   "baret",      "barents",    "beaufort", "bering",   "bougainville", "bowditch", "bramah",
    "brunel",     "cabot",      "cartier",    "cheng",    "cook",     "cousteau",     "cunard",   "dias",
    "drake",      "ericsson",   "fitzroy",    "flinders", "franklin", "froude",       "fulton",   "gama",
    "halley",     "harrison",   "hudson",     "humboldt", "kepler",   "laperouse",    "lovelace", "magellan",
    "marconi",    "maury",      "mercator",   "mitchell", "nansen",   "newcomen",     "noether",  "otis",
    "parsons",    "papin",      "piccard",    "plimsoll", "ptolemy",  "rickover",     "ross",     "scoresby",
    "shackleton", "somerville", "stephenson", "sverdrup", "tasman",   "telford",      "tharp",    "trevithick",
    "tupaia",     "vancouver",  "vespucci",   "watt",     "wegener",  "whitworth",    "wilkes",   "zeppelin",
};

constexpr unsigned kPlainAttempts = 5;

bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

}  // namespace

std::string checked_name(std::string_view name) {
  const auto bare = name.starts_with('/') ? name.substr(1) : name;
  const bool good_start =
      !bare.empty() && allowed(bare.front()) && bare.front() != '_' && bare.front() != '.' && bare.front() != '-';
  if (!good_start || bare.size() < 2 || bare.size() > 255 || !std::all_of(bare.begin(), bare.end(), allowed)) {
    throw base::Error::format(base::Code::kInvalidArgument,
                              "Invalid container name ({}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
                              base::printable(name));
  }
  return std::string(bare);
}

std::string random_name(unsigned attempt) {
  static thread_local std::random_device device;
  const auto pick = [&](const auto& words) {
    return std::string(words[std::uniform_int_distribution<std::size_t>(0, words.size() - 1)(device)]);
  };
  auto name = pick(kAdjectives) + "_" + pick(kSurnames);
  if (attempt >= kPlainAttempts) name += std::to_string(std::uniform_int_distribution<unsigned>(0, 9999)(device));
  return name;
}

}  // namespace davit::container
