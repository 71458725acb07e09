#include "container/pause.h"

#include "base/error.h"

namespace davit::container {

using base::Code;
using base::Error;

void pause(HeldContainer& held) {
  held.require_running();
  if (held.state().status == Status::kPaused) {
    throw Error::format(Code::kConflict, "Container {} is already paused", held.record().id);
  }
  held.runtime().pause(held.bundle());
  held.state().status = Status::kPaused;
  held.save_state();
}

void unpause(HeldContainer& held) {
  if (held.state().status != Status::kPaused) {
    throw Error::format(Code::kConflict, "Container {} is not paused", held.record().id);
  }
  held.runtime().resume(held.bundle());
  held.state().status = Status::kRunning;
  held.save_state();
}

}  // namespace davit::container
