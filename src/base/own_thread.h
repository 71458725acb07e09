#pragma once

#include <functional>

namespace davit::base {

// Runs the work in a thread of its own, for what belongs to threads (namespaces), and returns when it has ended, or
// throws what it threw.
void run_in_own_thread(const std::function<void()>& work);

}  // namespace davit::base
