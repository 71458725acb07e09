#include "registry/store_check.h"

#include <chrono>
#include <unordered_set>

#include "base/clock.h"
#include "base/error.h"

namespace davit::registry {

namespace {

constexpr std::chrono::hours kYoung{1};

// A push names a blob after its bytes are here: what is young may be about to be named.
bool is_young(const BlobContent& content) {
  const base::Time changed(std::chrono::seconds(content.file->status().st_ctim.tv_sec));
  return base::now() - changed < kYoung;
}

}  // namespace

StoreReport check_store(const Store& store, bool remove_orphans) {
  StoreReport report;
  report.problems = store.metadata->check();
  std::unordered_set<oci::Digest> named;
  for (const auto& [digest, size] : store.metadata->all_blobs()) {
    named.insert(digest);
    try {
      const auto content = store.bytes->open(digest);
      if (!content) {
        report.problems.push_back(fmt::format("blob {} is missing; push it again", digest.text()));
      } else if (content->size != size) {
        report.problems.push_back(fmt::format("blob {} has {} bytes, expected {}", digest.text(), content->size, size));
      }
      if (content) ++report.checked;
    } catch (const base::Error& error) {
      report.problems.push_back(error.message());
    }
  }
  for (const auto& digest : store.bytes->list()) {
    if (named.contains(digest)) continue;
    try {
      const auto content = store.bytes->open(digest);
      if (content && is_young(*content)) continue;
    } catch (const base::Error& error) {
      report.problems.push_back(error.message());
    }
    ++report.orphans;
    if (remove_orphans) store.bytes->remove(digest);
  }
  report.removed = remove_orphans && report.orphans > 0;
  return report;
}

}  // namespace davit::registry
