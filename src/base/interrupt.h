#pragma once
// Ctrl-C and SIGTERM as a flag that long work looks at, so that it stops between two pieces and leaves what it has
// whole.

namespace davit::base {

// Installs handlers for SIGINT and SIGTERM that raise the flag; a second signal of the kind ends the process. Called by
// main.
void install_interrupt_handlers();
bool interrupted();
int interrupt_signal();  // the signal that raised the flag, or 0
// Throws Error(kCancelled, "interrupted") when the flag is raised.
void check_interrupted();
// A descriptor that becomes readable when the flag is raised, for poll(2). Valid until the process ends.
int interrupt_fd();
void raise_interrupt_for_test(bool raised);

}  // namespace davit::base
