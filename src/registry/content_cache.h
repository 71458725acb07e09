#pragma once
// Answers that may be given again: manifests and small blobs, by the request's path. Private to src/registry.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace davit::registry {

// Holds as long as the metadata's generation stays what it was when the answer was read, and until `until`.
struct CachedContent {
  std::uint64_t generation;
  std::chrono::steady_clock::time_point until;
  std::string repository;
  std::string etag;                          // with its quotes
  std::shared_ptr<const std::string> lines;  // header fields
  std::shared_ptr<const std::string> body;
};

// Bounded by bytes: the older half is forgotten. Safe for use by several threads.
class ContentCache {
 public:
  explicit ContentCache(std::size_t bytes) : half_(bytes / 2) {}

  std::shared_ptr<const CachedContent> find(std::string_view path, std::uint64_t generation,
                                            std::chrono::steady_clock::time_point now);
  void put(std::string_view path, CachedContent content);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, std::shared_ptr<const CachedContent>, Hash, std::equal_to<>>;

  const std::size_t half_;
  std::mutex mutex_;
  Map young_, old_;        // guarded by mutex_
  std::size_t bytes_ = 0;  // of young_
};

}  // namespace davit::registry
