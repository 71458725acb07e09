#pragma once
// How a command shows the progress of a transfer.

#include <cstdio>
#include <memory>

#include "transfer/progress.h"

namespace davit::cli {

// Bars where `stream` is a terminal, else docker's plain lines; quiet: nothing. Destroy it before anything else is
// printed to the stream: that is when the bars come to rest.
std::unique_ptr<transfer::Progress> make_progress(bool quiet, std::FILE* stream = stdout);

}  // namespace davit::cli
