#pragma once
// JSON as docker's CLI prints it: members in the order they were added.

#include <string>

#include <boost/json/fwd.hpp>

namespace davit::docker {

std::string to_pretty(const boost::json::value& value);  // four blanks a level, as `docker inspect`
std::string to_line(const boost::json::value& value);

}  // namespace davit::docker
