#pragma once
// The settings of pulls, for the commands that pull.

#include "config/settings.h"
#include "transfer/pull.h"

namespace davit::cli {

inline transfer::PullOptions pull_options_of(const config::Settings& settings) {
  transfer::PullOptions options;
  options.parallel_layers = settings.parallel_layers;
  options.fetch.connections = settings.connections;
  options.fetch.range_size = settings.range_size;
  return options;
}

}  // namespace davit::cli
