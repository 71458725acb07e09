#pragma once
// What several readers of JSON that others wrote share. Of Boost.JSON here only the names: it is a heavy header.

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace davit::base {

// The text that the object has under that name; empty where it has none, or something that is no text.
std::string text_member(const boost::json::object& object, std::string_view name);

}  // namespace davit::base
