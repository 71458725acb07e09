#include "container/log_details.h"

#include <boost/regex.hpp>

#include "base/error.h"
#include "base/strings.h"

namespace davit::container {

namespace {

using Pairs = std::map<std::string, std::string>;

Pairs variables_of(const Description& description) {
  Pairs variables;
  for (const std::string& line : description.env) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) variables.insert_or_assign(line.substr(0, equals), line.substr(equals + 1));
  }
  return variables;
}

// Those of `all` that the options `listed` and `matched` choose.
void choose(const std::map<std::string, std::string>& options, const char* listed, const char* matched,
            const Pairs& all, Pairs& chosen) {
  if (const auto option = options.find(listed); option != options.end()) {
    for (const std::string& name : base::split(option->second, ',')) {
      if (const auto found = all.find(name); found != all.end()) chosen.insert(*found);
    }
  }
  const auto option = options.find(matched);
  if (option == options.end() || option->second.empty()) return;
  try {
    const boost::regex expression(option->second, boost::regex::perl);
    for (const auto& pair : all) {
      if (boost::regex_search(pair.first, expression)) chosen.insert(pair);
    }
  } catch (const std::runtime_error&) {  // no expression, or one that takes too long
    throw base::Error::format(base::Code::kInvalidArgument, "--log-opt {}={} is not a regular expression", matched,
                              base::printable(option->second));
  }
}

}  // namespace

std::map<std::string, std::string> log_details(const Description& description) {
  Pairs details;
  const auto& options = description.log.options;
  choose(options, "labels", "labels-regex", description.labels, details);
  choose(options, "env", "env-regex", variables_of(description), details);
  if (const auto tag = options.find("tag"); tag != options.end() && !tag->second.empty()) details["tag"] = tag->second;
  return details;
}

}  // namespace davit::container
