#include "transfer/pull_source.h"

#include "base/error.h"
#include "base/log.h"

namespace davit::transfer {

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
    passed_ += bytes.size();
  }
  void restart() { received_ = 0; }
  std::uint64_t received() const { return received_; }
  std::uint64_t passed() const { return passed_; }  // of all places, with those that came again
  bool failed() const { return failed_; }

 private:
  base::Sink& next_;
  std::uint64_t received_;
  std::uint64_t passed_ = 0;
  bool failed_ = false;
};

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

// Calls fetch(place), from the first place on, until one does not fail.
template <typename Fetch>
auto PullSource::fetch_from_each(const oci::Descriptor& blob, WatchedSink& watched, Givers& givers,
                                 const Fetch& fetch) {
  for (std::size_t i = first_;; ++i) {
    const std::uint64_t before = watched.passed();
    const auto note = [&] {
      if (watched.passed() == before) return;
      std::size_t first = givers.first_;
      while (i < first && !givers.first_.compare_exchange_weak(first, i)) {
      }
    };
    try {
      const auto result = fetch(places_[i]);
      note();
      return result;
    } catch (const Error& e) {
      note();
      if (i + 1 == places_.size() || e.code() == Code::kCancelled || watched.failed()) throw;
      give_up(i, "blob " + blob.digest.text(), e.message());
    }
  }
}

void PullSource::fetch_blob(const oci::Descriptor& blob, std::uint64_t offset, base::Sink& sink,
                            const std::function<void()>& restart, Givers& givers) {
  WatchedSink watched(sink, offset);
  const auto begin_again = [&] {
    restart();
    watched.restart();
  };
  fetch_from_each(blob, watched, givers, [&](const Registries::Place& place) {
    place.client->fetch_blob(place.repository, blob, watched.received(), watched, begin_again);
    return true;
  });
}

bool PullSource::fetch_range(const oci::Descriptor& blob, std::uint64_t begin, std::uint64_t end, base::Sink& sink,
                             Givers& givers) {
  WatchedSink watched(sink, begin);
  return fetch_from_each(blob, watched, givers, [&](const Registries::Place& place) {
    return place.client->fetch_blob_range(place.repository, blob, watched.received(), end, watched);
  });
}

bool PullSource::distrust(const Givers& givers, const oci::Descriptor& blob) {
  const std::size_t first = givers.first_;
  if (first >= places_.size() || first + 1 == places_.size()) return false;
  give_up(first, "blob " + blob.digest.text(), "wrong bytes");
  return true;
}

}  // namespace davit::transfer
