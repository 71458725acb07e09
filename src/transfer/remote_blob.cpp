#include "transfer/remote_blob.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "codec/hash.h"
#include "transfer/feed_sink.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kPipeBytes = 1024 * 1024;

class VerifyingSink final : public base::Sink {
 public:
  VerifyingSink(const oci::Descriptor& blob, base::Sink& next)
      : blob_(blob), next_(next), hash_(blob.digest.algorithm()) {}
  void write(base::ByteView bytes) override {
    base::check_interrupted();
    hash_.write(bytes);
    if (hash_.size() >= blob_.size) verify();
    next_.write(bytes);
  }
  void finish() override {
    if (blob_.size == 0) verify();
    next_.finish();
  }

 private:
  void verify() const {
    if (hash_.digest() == blob_.digest) return;
    throw Error::format(Code::kCorrupt, "wrong digest of a blob: expected {}, got {}", blob_.digest.text(),
                        hash_.digest().text());
  }

  const oci::Descriptor& blob_;
  base::Sink& next_;
  codec::HashSink hash_;
};

}  // namespace

RemoteBlob::RemoteBlob(remote::RegistryClient& client, oci::RepositoryName repository, oci::Descriptor blob)
    : client_(client), repository_(std::move(repository)), blob_(std::move(blob)), pipe_(kPipeBytes), fetcher_([this] {
        fetch();
      }) {}

RemoteBlob::~RemoteBlob() {
  cancellation_.cancel();
  pipe_.close();
}

std::size_t RemoteBlob::read(base::ByteSpan buffer) { return pipe_.source().read(buffer); }

void RemoteBlob::fetch() {
  const base::Cancellation::Scope scope(cancellation_);
  try {
    VerifyingSink verified(blob_, pipe_.sink());
    FeedSink feed(verified);
    client_.fetch_blob(repository_, blob_, 0, feed, [&feed] { feed.restart(); });
    verified.finish();
  } catch (const Error& error) {
    pipe_.fail(std::make_exception_ptr(Error(error)));  // sliced on purpose: a TransportError would be tried again
  } catch (...) {
    pipe_.fail(std::current_exception());
  }
}

}  // namespace davit::transfer
