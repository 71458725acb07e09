#pragma once
// Which containers `ps` shows: docker's rules and filters.

#include <vector>

#include "container/container_store.h"
#include "operations/filters.h"
#include "store/store.h"

namespace davit::operations {

struct ListContainersOptions {
  bool all = false;  // else those that run; `status` asks for all
  long last = 0;     // that many of the newest at most, whatever their state; 0 or less: no bound
  Filters filters = {};
};

// Newest first. Values of a filter are alternatives, but for labels, which must all be there; several filters must all
// fit. `ancestor` (a name or an ID of an image, by what it means now), `before` and `since` (a container), `exited`,
// `health`, `id` (a prefix that one has), `is-task`, `isolation` (of Windows: on Linux all fit), `label`, `name` (a
// regular expression, ECMAScript's), `network` (its name or ID), `publish`
// (a port of the host), `expose`, `status`, `volume` (its
// name, or a path on either side). Throws Error(kInvalidArgument) with docker's words for a bad filter,
// Error(kNotFound) for a container that is not there.
// Asks for images with `ancestor` alone: lists of containers are there even where the index of images cannot be opened.
std::vector<container::Container> list_containers(store::Store& store, container::ContainerStore& containers,
                                                  const ListContainersOptions& options);

}  // namespace davit::operations
