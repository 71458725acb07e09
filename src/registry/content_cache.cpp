#include "registry/content_cache.h"

#include <utility>

namespace davit::registry {

std::shared_ptr<const CachedContent> ContentCache::find(std::string_view path, std::uint64_t generation,
                                                        std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (const Map* half : {&young_, &old_}) {
    const auto found = half->find(path);
    if (found == half->end()) continue;
    const auto& content = *found->second;
    return content.generation == generation && now < content.until ? found->second : nullptr;
  }
  return nullptr;
}

void ContentCache::put(std::string_view path, CachedContent content) {
  const std::size_t size = path.size() + content.body->size() + content.lines->size() + 300;
  if (size > half_) return;
  const std::lock_guard lock(mutex_);
  if (bytes_ + size > half_) {
    old_ = std::exchange(young_, {});
    bytes_ = 0;
  }
  bytes_ += size;
  young_.insert_or_assign(std::string(path), std::make_shared<const CachedContent>(std::move(content)));
}

}  // namespace davit::registry
