#include "transfer/pull_source.h"

#include "base/error.h"
#include "base/log.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

// Knows how far the blob has got, and whether it was the taker who failed.
class WatchedSink final : public base::Sink {
 public:
  WatchedSink(base::Sink& next, std::uint64_t received) : next_(next), received_(received) {}
  void write(base::ByteView bytes) override {
    try {
      next_.write(bytes);
    } catch (...) {
      failed_ = true;
      throw;
    }
    received_ += bytes.size();
  }
  void restart() { received_ = 0; }
  std::uint64_t received() const { return received_; }
  bool failed() const { return failed_; }

 private:
  base::Sink& next_;
  std::uint64_t received_;
  bool failed_ = false;
};

}  // namespace

void PullSource::give_up(std::size_t place, const std::string& what, const std::string& why) {
  base::log::debug("{} has no {} for us, the next is asked: {}", places_[place].repository.text(), what, why);
  std::size_t first = first_;
  while (first <= place && !first_.compare_exchange_weak(first, place + 1)) {
  }
}

std::optional<remote::RemoteManifest> PullSource::head_manifest(const std::string& reference) {
  for (std::size_t i = first_;; ++i) {
    const Registries::Place& place = places_[i];
    const bool last = i + 1 == places_.size();
    try {
      auto found = place.client->head_manifest(place.repository, reference);
      if (found || last) return found;
      give_up(i, "manifest " + reference, "not found");
    } catch (const Error& e) {
      if (last || e.code() == Code::kCancelled) throw;
      give_up(i, "manifest " + reference, e.message());
    }
  }
}

remote::RemoteManifest PullSource::get_manifest(const std::string& reference) {
  for (std::size_t i = first_;; ++i) {
    const Registries::Place& place = places_[i];
    try {
      return place.client->get_manifest(place.repository, reference);
    } catch (const Error& e) {
      if (i + 1 == places_.size() || e.code() == Code::kCancelled) throw;
      give_up(i, "manifest " + reference, e.message());
    }
  }
}

void PullSource::fetch_blob(const oci::Descriptor& blob, std::uint64_t offset, base::Sink& sink,
                            const std::function<void()>& restart) {
  WatchedSink watched(sink, offset);
  const auto begin_again = [&] {
    restart();
    watched.restart();
  };
  for (std::size_t i = first_;; ++i) {
    const Registries::Place& place = places_[i];
    try {
      return place.client->fetch_blob(place.repository, blob, watched.received(), watched, begin_again);
    } catch (const Error& e) {
      if (i + 1 == places_.size() || e.code() == Code::kCancelled || watched.failed()) throw;
      give_up(i, "blob " + blob.digest.text(), e.message());
    }
  }
}

}  // namespace davit::transfer
