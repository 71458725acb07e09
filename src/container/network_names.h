#pragma once
// Names that a container has by its networks and by --link.

#include <string>
#include <vector>

#include "container/container_store.h"
#include "container/etc_files.h"

namespace davit::container {

// For a container that is in these places.
NetworkNames network_names(ContainerStore& store, const Record& record, const std::vector<network::Place>& places);

// For one that is to start. Throws Error(kConflict) in docker's words where one that it is linked to by the default
// bridge is not there or does not run.
void check_links(ContainerStore& store, const Record& record, const std::vector<network::Place>& places);

// --link "CONTAINER[:ALIAS]". Throws Error(kInvalidArgument) with docker's words.
Link parse_link(const std::string& text);

}  // namespace davit::container
