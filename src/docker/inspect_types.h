#pragma once
// The Go types of docker's CLI 28 behind what `inspect`, `version` and `info` print: a template's fields go by their
// names ({{.ID}}), and {{json .Config}} writes what they have.

#include <boost/json/fwd.hpp>

#include "text/template_value.h"

namespace davit::docker {

const text::Type& image_inspect_type();
const text::Type& container_inspect_type();
const text::Type& version_type();

// A struct type named so with the members of an object as its fields, for what has no type of docker's.
class ObjectType {
 public:
  ObjectType(std::string name, const boost::json::object& object);
  const text::Type& type() const { return type_; }

 private:
  text::Type type_;
};

}  // namespace davit::docker
