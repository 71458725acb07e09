#pragma once
// A description as JSON and back. Private to src/container.

#include <boost/json.hpp>

#include "container/description.h"

namespace davit::container {

// Members that have their default value are left out.
boost::json::object to_json_object(const Description& description);
// Members that are missing have their default value. Throws whatever Boost.JSON throws for one of a wrong type, Error
// for what is no digest or network.
Description parse_description(const boost::json::object& object);

}  // namespace davit::container
