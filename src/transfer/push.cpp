#include "transfer/push.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "transfer/image_content.h"
#include "transfer/upload_progress.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

// A manifest that is here whole, to be sent.
struct Part {
  oci::Descriptor descriptor;
  std::string bytes;
  oci::Manifest manifest;
  std::vector<store::ImageLayer> layers;
};

class Pusher {
 public:
  Pusher(store::Store& store, Registries& registries, const oci::Reference& reference, const PushOptions& options,
         Progress& progress)
      : store_(store),
        client_(registries.writing(reference.repository())),
        reference_(reference),
        repository_(reference.repository()),
        options_(options),
        progress_(progress),
        lease_(store.lease()) {}

  oci::Descriptor push() {
    if (!options_.one_of_several) {
      progress_.message(fmt::format("The push refers to repository [{}]", repository_.text()));
    }
    const auto tag = store_.images().find_tag(reference_);
    if (!tag) fail_unknown();
    const oci::Descriptor sent = choose_parts(*tag);
    announce_layers();
    push_blobs(sent);
    for (const Part& part : parts_) {
      if (part.descriptor.digest != sent.digest) put(part.descriptor, part.descriptor.digest.text(), part.bytes);
    }
    put(sent, *reference_.tag(), store_.blobs().read(sent.digest, oci::kMaxManifestBytes));
    store_.images().set_tag(
        {.reference = oci::Reference::with_digest(repository_, sent.digest), .target = sent, .image = tag->image},
        "push");
    progress_.message(fmt::format("{}: digest: {} size: {}", *reference_.tag(), sent.digest.text(), sent.size));
    return sent;
  }

 private:
  [[noreturn]] void fail_unknown() const {
    for (const store::Tag& other : store_.images().list_tags()) {
      if (other.reference.repository() == repository_)
        throw Error::format(Code::kNotFound, "tag does not exist: {}", reference_.familiar());
    }
    throw Error::format(Code::kNotFound, "An image does not exist locally with the tag: {}", repository_.familiar());
  }

  // Fills parts_ and tells what the registry's tag shall mean.
  oci::Descriptor choose_parts(const store::Tag& tag) {
    const auto record = store_.images().find_image(tag.image);
    if (!record)
      throw Error::format(Code::kCorrupt, "{}: its image {} is not in the store", reference_.familiar(),
                          tag.image.text());
    if (oci::media_type::is_index(tag.target.media_type)) {
      if (add_whole_index(tag.target)) return tag.target;
      parts_.clear();
      progress_.message(fmt::format("Not all platforms of {} are here: pushing the image for this platform alone",
                                    reference_.familiar()));
    }
    parts_.push_back(read_part(record->manifest));
    return record->manifest;
  }

  bool add_whole_index(const oci::Descriptor& target) {
    lease_->add(target.digest);
    if (!store_.blobs().size(target.digest)) return false;
    const oci::Index index = oci::Index::parse(store_.blobs().read(target.digest, oci::kMaxManifestBytes));
    for (const oci::Descriptor& manifest : index.manifests) {
      if (!oci::media_type::is_manifest(manifest.media_type) || !store_.blobs().size(manifest.digest)) return false;
      Part part = read_part(manifest);
      if (!store_.blobs().size(part.manifest.config.digest)) return false;
      // A layer without its blob may be in the registry already.
      for (const store::ImageLayer& layer : part.layers) {
        if (!store_.blobs().size(layer.blob.digest) && !is_complete(store_, layer)) return false;
      }
      parts_.push_back(std::move(part));
    }
    return true;
  }

  Part read_part(const oci::Descriptor& descriptor) {
    lease_->add(descriptor.digest);
    std::string bytes = store_.blobs().read(descriptor.digest, oci::kMaxManifestBytes);
    oci::Manifest manifest = oci::Manifest::parse(bytes, descriptor.media_type);
    lease_->add(manifest.config.digest);
    for (const oci::Descriptor& layer : manifest.layers) lease_->add(layer.digest);
    std::optional<oci::ImageConfig> config;
    if (is_image(manifest) && store_.blobs().size(manifest.config.digest)) {
      config = oci::ImageConfig::parse(store_.blobs().read(manifest.config.digest, oci::kMaxManifestBytes));
    }
    auto layers = layers_of(manifest, config);
    return {.descriptor = descriptor,
            .bytes = std::move(bytes),
            .manifest = std::move(manifest),
            .layers = std::move(layers)};
  }

  // Top layer first, as docker lists them.
  void announce_layers() {
    std::set<oci::Digest> seen;
    for (const Part& part : parts_) {
      for (auto layer = part.layers.rbegin(); layer != part.layers.rend(); ++layer) {
        if (!seen.insert(layer->blob.digest).second) continue;
        progress_.layer(layer->diff_id, LayerStatus::kPreparing);
        layers_.push_back(*layer);
      }
      if (seen.insert(part.manifest.config.digest).second) configs_.push_back(part.manifest.config);
    }
  }

  void push_blobs(const oci::Descriptor& sent) {
    find_mount_sources(sent);
    for (const store::ImageLayer& layer : layers_) {
      progress_.bytes(layer.diff_id, LayerStatus::kWaiting, 0, layer.blob.size);
    }
    base::parallel_for(layers_.size() + configs_.size(), options_.parallel_layers, [&](std::size_t i) {
      base::check_interrupted();
      if (i < layers_.size()) {
        push_layer(layers_[i]);
      } else {
        push_blob(configs_[i - layers_.size()], std::nullopt, [](std::int64_t) {});
      }
    });
  }

  remote::UploadResult push_blob(const oci::Descriptor& blob, const std::optional<oci::RepositoryName>& mount_from,
                                 const std::function<void(std::int64_t)>& sent) try {
    return client_.push_blob(
        repository_, blob, mount_from, [&] { return open(blob); }, sent);
  } catch (Error& e) {
    e.add_frame("while pushing blob {}", blob.digest.text());
    throw;
  }

  std::unique_ptr<base::Source> open(const oci::Descriptor& blob) {
    if (!store_.blobs().size(blob.digest)) throw missing_blob(store_, blob.digest, "push");
    return store_.blobs().open(blob.digest);
  }

  void push_layer(const store::ImageLayer& layer) {
    if (oci::media_type::is_foreign(layer.blob.media_type)) return;
    const auto source = mount_sources_.find(layer.blob.digest);
    std::optional<oci::RepositoryName> mount_from;
    if (source != mount_sources_.end()) mount_from = source->second;
    UploadProgress upload(progress_, layer.diff_id, layer.blob.size,
                          {.under_way = LayerStatus::kPushing, .done = LayerStatus::kPushed});
    const auto result = push_blob(layer.blob, mount_from, [&](std::int64_t bytes) {
      base::check_interrupted();
      upload.sent(bytes);
    });
    upload.ended(result, mount_from);
  }

  // Repositories of the same registry that have been seen to hold a layer: those from or to which an image with it was
  // pulled or pushed (their repository digest is here); one that has the very index has the layers of all platforms.
  void find_mount_sources(const oci::Descriptor& sent) {
    std::set<oci::Digest> wanted;
    for (const store::ImageLayer& layer : layers_) wanted.insert(layer.blob.digest);
    std::map<oci::Digest, std::vector<oci::RepositoryName>> repositories;  // by image
    for (const store::Tag& tag : store_.images().list_tags()) {
      const oci::RepositoryName& other = tag.reference.repository();
      if (!tag.reference.digest() || other.domain() != repository_.domain() || other == repository_) continue;
      repositories[tag.image].push_back(other);
      if (tag.target.digest != sent.digest) continue;
      for (const oci::Digest& layer : wanted) mount_sources_.emplace(layer, other);
    }
    for (const auto& [image, names] : repositories) {
      const auto record = store_.images().find_image(image);
      if (!record) continue;
      for (const store::ImageLayer& layer : record->layers) {
        if (wanted.contains(layer.blob.digest)) mount_sources_.emplace(layer.blob.digest, names.front());
      }
    }
  }

  void put(const oci::Descriptor& descriptor, const std::string& name, const std::string& bytes) {
    client_.put_manifest(repository_, name, descriptor.media_type, bytes);
  }

  store::Store& store_;
  remote::RegistryClient& client_;
  const oci::Reference& reference_;
  const oci::RepositoryName& repository_;
  const PushOptions& options_;
  Progress& progress_;
  std::unique_ptr<store::Lease> lease_;
  std::vector<Part> parts_;
  std::vector<store::ImageLayer> layers_;  // each once, in the order in which docker lists them
  std::vector<oci::Descriptor> configs_;
  std::map<oci::Digest, oci::RepositoryName> mount_sources_;
};

}  // namespace

oci::Descriptor push(store::Store& store, Registries& registries, const oci::Reference& reference,
                     const PushOptions& options, Progress& progress) try {
  return Pusher(store, registries, reference, options, progress).push();
} catch (Error& e) {
  e.add_frame("while pushing '{}'", reference.familiar());
  throw;
}

}  // namespace davit::transfer
