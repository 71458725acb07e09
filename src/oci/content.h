#pragma once
// What a manifest or an index leads to.

#include <functional>
#include <optional>
#include <string>

#include "oci/descriptor.h"

namespace davit::oci {

// The bytes of a manifest or index; nothing where they are not to be had: then what it names stays unknown.
using ReadManifest = std::function<std::optional<std::string>(const Descriptor&)>;
// False ends the walk.
using VisitContent = std::function<bool(const Descriptor&)>;

// Visits `top` and all that it leads to through manifests and nested indexes: each digest once, whoever names it before
// what it names. A manifest's subject is not part of it. Returns false where a visit ended the walk. Throws
// Error(kInvalidArgument) for a manifest that does not parse and for indexes more than 8 deep.
bool visit_content(const Descriptor& top, const ReadManifest& read, const VisitContent& visit);

}  // namespace davit::oci
