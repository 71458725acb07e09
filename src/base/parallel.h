#pragma once
// Work on several things at once, with a bound.

#include <cstddef>
#include <functional>

namespace davit::base {

// Calls work(0) … work(count - 1) on at most `limit` threads at once, in order of index, and waits for all. After the
// first exception no further index is begun; that exception is thrown when those under way have ended.
void parallel_for(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work);
// The same for work that takes long: work under way is cancelled (cancellation.h) once there is an exception to throw,
// or when the caller's is; what it throws then is dropped.
void parallel_until_failure(std::size_t count, std::size_t limit, const std::function<void(std::size_t)>& work);

}  // namespace davit::base
