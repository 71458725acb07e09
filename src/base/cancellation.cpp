#include "base/cancellation.h"

#include <cerrno>

#include <sys/eventfd.h>

#include "base/error.h"

namespace davit::base {

namespace {

thread_local Cancellation* current = nullptr;

}  // namespace

Cancellation::Cancellation(Cancellation* parent) : parent_(parent), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno(errno, "eventfd");
  if (parent_ == nullptr) return;
  const std::lock_guard lock(parent_->mutex_);
  parent_->children_.push_back(this);
  if (parent_->cancelled_) cancel();
}

Cancellation::~Cancellation() {
  if (parent_ == nullptr) return;
  const std::lock_guard lock(parent_->mutex_);
  std::erase(parent_->children_, this);
}

void Cancellation::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  eventfd_write(event_.get(), 1);
  for (Cancellation* child : children_) child->cancel();
}

Cancellation::Scope::Scope(Cancellation& cancellation) : outer_(current) { current = &cancellation; }

Cancellation::Scope::~Scope() { current = outer_; }

Cancellation* Cancellation::of_this_thread() { return current; }

}  // namespace davit::base
