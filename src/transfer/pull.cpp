#include "transfer/pull.h"

#include <algorithm>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/strings.h"
#include "transfer/image_content.h"
#include "transfer/known_layers.h"
#include "transfer/layer_fetch.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

// Each keeps its file open until it is committed, and its layer the lock's; a process may have 1024 open files.
constexpr std::size_t kMostUncommitted = 200;

class Puller {
 public:
  Puller(store::Store& store, Registries& registries, const oci::Reference& reference, const PullOptions& options,
         Progress& progress)
      : store_(store),
        source_(registries, reference.repository(), reference.digest().has_value()),
        reference_(reference.digest() ? oci::Reference::with_digest(reference.repository(), *reference.digest())
                                      : reference),
        repository_(reference_.repository()),
        options_(options),
        progress_(progress),
        platform_(options.platform ? options.platform->normalized() : oci::Platform::host()),
        lease_(store.lease()),
        known_(store),
        content_(store),
        connections_(options.fetch.connections) {}

  PullResult pull() {
    const auto known = store_.images().find_tag(reference_);
    const oci::Descriptor target = resolve();
    progress_.message(fmt::format("{}: Pulling from {}", reference_.digest() ? reference_.text() : *reference_.tag(),
                                  repository_.path()));
    if (known && known->target.digest == target.digest && serves_platform(*known)) {
      if (!store_.images().find_tag(repository_digest(target))) set_names(target, known->image, {});
      return finish({.target = known->target, .image = known->image, .up_to_date = true});
    }
    const store::ImageRecord image = bring(target);
    const auto before = set_names(target, image.id, {image});
    content_.drop_temporary();
    const bool same = before && before->target.digest == target.digest && before->image == image.id;
    return finish({.target = target, .image = image.id, .up_to_date = same});
  }

 private:
  oci::Reference repository_digest(const oci::Descriptor& target) const {
    return oci::Reference::with_digest(repository_, target.digest);
  }

  // Sets the tag and the repository digest, and with them, as one step, adds the image where it is new. Returns what
  // the reference meant before.
  std::optional<store::Tag> set_names(const oci::Descriptor& target, const oci::Digest& image,
                                      std::vector<store::ImageRecord> added) {
    store::Change change = {.command = options_.command, .add_images = std::move(added)};
    change.set_tags.push_back({.reference = reference_, .target = target, .image = image});
    if (const auto digest = repository_digest(target); digest != reference_) {
      change.set_tags.push_back({.reference = digest, .target = target, .image = image});
    }
    return store_.images().apply(change).set.front();
  }

  // What the reference names, as cheaply as can be: a digest whose manifest is here needs no request, all else one
  // HEAD.
  oci::Descriptor resolve() {
    if (reference_.digest()) {
      lease_->add(*reference_.digest());
      if (const auto size = store_.blobs().size(*reference_.digest())) {
        const std::string bytes = store_.blobs().read(*reference_.digest(), oci::kMaxManifestBytes);
        return {.media_type = oci::detect_media_type(bytes), .digest = *reference_.digest(), .size = *size};
      }
    }
    const std::string name = reference_.digest() ? reference_.digest()->text() : *reference_.tag();
    const auto head = source_.head_manifest(name);
    if (head) return head->descriptor;
    // The GET tells in the registry's own words why there is none.
    return source_.get_manifest(name).descriptor;
  }

  // Whether the image that the tag means here is the one for the wanted platform, and whole.
  bool serves_platform(const store::Tag& tag) {
    const auto record = store_.images().find_image(tag.image);
    if (!record || !is_complete(store_, *record)) return false;
    if (!options_.platform || !oci::media_type::is_index(tag.target.media_type)) return true;
    if (!store_.blobs().size(tag.target.digest)) return false;
    const oci::Index index = oci::Index::parse(store_.blobs().read(tag.target.digest, oci::kMaxManifestBytes));
    const oci::Descriptor* chosen = index.choose(platform_);
    return chosen != nullptr && chosen->digest == record->manifest.digest;
  }

  // The bytes of a manifest: from the store, else by one GET, after which they are in the store.
  std::string manifest_bytes(const oci::Descriptor& descriptor) {
    lease_->add(descriptor.digest);
    if (store_.blobs().size(descriptor.digest)) return store_.blobs().read(descriptor.digest, oci::kMaxManifestBytes);
    const remote::RemoteManifest got = source_.get_manifest(descriptor.digest.text());
    if (descriptor.size != 0) check_manifest_size(descriptor, got.bytes.size());
    content_.add(store_.blobs().seal(got.bytes, descriptor.digest.algorithm()));
    return got.bytes;
  }

  // Brings all that the image consists of, for a record that is not in the store yet.
  store::ImageRecord bring(const oci::Descriptor& target) {
    if (oci::media_type::is_schema1(target.media_type)) {
      throw Error::format(
          Code::kNotSupported,
          "{} is an image of docker's old manifest format (schema 1), which davit does not read: push it again with a "
          "current docker",
          reference_.familiar());
    }
    std::optional<oci::Descriptor> index;
    oci::Descriptor manifest = target;
    if (oci::media_type::is_index(target.media_type)) {
      index = target;
      manifest = choose(oci::Index::parse(manifest_bytes(target), target.media_type));
    }
    const std::string bytes = manifest_bytes(manifest);
    const oci::Manifest parsed = oci::Manifest::parse(bytes, manifest.media_type);
    manifest.media_type = parsed.media_type.empty() ? manifest.media_type : parsed.media_type;
    manifest.size = bytes.size();

    std::optional<oci::ImageConfig> config;
    const std::string config_bytes = fetch_config(parsed.config);
    if (is_image(parsed)) config = oci::ImageConfig::parse(config_bytes);
    if (config && !index && options_.platform && !oci::match(platform_, config->platform)) {
      throw Error::format(
          Code::kNotFound,
          "image with reference {} was found but its platform ({}) does not match the specified platform ({})",
          reference_.familiar(), base::printable(config->platform.text()), platform_.text());
    }
    store::ImageRecord record = {.id = parsed.config.digest,
                                 .manifest = manifest,
                                 .index = index,
                                 .layers = layers_of(parsed, config),
                                 .created = config ? config->created : std::nullopt,
                                 .added = base::now()};
    fetch_layers(record.layers);
    content_.commit();
    record.size = content_size(store_, record.layers);
    return record;
  }

  oci::Descriptor choose(const oci::Index& index) {
    if (const oci::Descriptor* chosen = index.choose(platform_)) return *chosen;
    throw Error::format(Code::kNotFound, "no matching manifest for {} in the manifest list entries: {} is there for {}",
                        platform_.text(), reference_.familiar(), index.platforms_text());
  }

  std::string fetch_config(const oci::Descriptor& config) {
    lease_->add(config.digest);
    if (config.size > oci::kMaxManifestBytes) {
      throw Error::format(Code::kInvalidArgument, "config {}: {} bytes are more than the {} that davit reads",
                          config.digest.text(), config.size, oci::kMaxManifestBytes);
    }
    while (true) {
      const auto writer = store_.blobs().ingest(config.digest, config.size);
      if (!writer) return store_.blobs().read(config.digest, oci::kMaxManifestBytes);
      PullSource::Givers givers;
      if (!writer->is_whole()) {
        if (writer->offset() > 0 || writer->in_pieces()) writer->restart();
        source_.fetch_blob(
            config, 0, *writer, [&] { writer->restart(); }, givers);
      }
      try {
        auto sealed = writer->seal();
        std::string bytes = base::read_all(*sealed->open(), oci::kMaxManifestBytes);
        content_.add(std::move(sealed));
        return bytes;
      } catch (const Error& e) {
        if (e.code() != Code::kCorrupt || !source_.distrust(givers, config)) throw;
      }
    }
  }

  // Here, and known to belong together: some image has been made of that blob and that layer. Else the blob's content
  // is still to be compared with the diff ID.
  bool is_here(const store::ImageLayer& layer) {
    return is_complete(store_, layer) && (!is_unpackable(layer) || known_.contains(layer));
  }

  void fetch_layers(const std::vector<store::ImageLayer>& layers) {
    std::vector<const store::ImageLayer*> missing;
    DistinctLayers distinct;
    for (const store::ImageLayer& layer : layers) {
      if (!distinct.is_new(layer)) continue;  // the same layer twice in one image
      lease_->add(layer.blob.digest);
      lease_->add(layer.diff_id);
      if (is_here(layer)) {
        progress_.layer(layer.blob.digest, LayerStatus::kAlreadyExists);
        continue;
      }
      if (oci::media_type::is_foreign(layer.blob.media_type)) {
        throw Error::format(Code::kNotSupported,
                            "layer {} is not distributable ({}): davit does not fetch it from elsewhere",
                            layer.blob.digest.text(), layer.blob.media_type);
      }
      progress_.layer(layer.blob.digest, LayerStatus::kPullingFsLayer);
      missing.push_back(&layer);
    }
    for (const store::ImageLayer* layer : missing) {
      progress_.bytes(layer->blob.digest, LayerStatus::kWaiting, 0, layer->blob.size);
    }
    if (!missing.empty()) store_.layers();  // a store that can hold no layers says so before anything is fetched
    FetchContext context = {source_, options_.fetch, connections_, progress_};
    for (std::size_t first = 0; first < missing.size(); first += kMostUncommitted) {
      if (first > 0) content_.commit();
      base::parallel_until_failure(std::min(missing.size() - first, kMostUncommitted), options_.parallel_layers,
                                   [&](std::size_t i) {
                                     base::check_interrupted();
                                     fetch_layer(store_, context, *missing[first + i], content_);
                                   });
    }
  }

  PullResult finish(PullResult result) {
    progress_.message("Digest: " + result.target.digest.text());
    if (!options_.one_of_several) tell_pull_status(reference_.familiar(), result.up_to_date, progress_);
    return result;
  }

  store::Store& store_;
  PullSource source_;
  const oci::Reference reference_;  // what decides: with a tag, or with a digest only
  const oci::RepositoryName& repository_;
  const PullOptions& options_;
  Progress& progress_;
  oci::Platform platform_;
  std::unique_ptr<store::Lease> lease_;
  KnownLayers known_;
  StagedContent content_;
  Connections connections_;
};

}  // namespace

PullResult pull(store::Store& store, Registries& registries, const oci::Reference& reference,
                const PullOptions& options, Progress& progress) try {
  return Puller(store, registries, reference, options, progress).pull();
} catch (Error& e) {
  e.add_frame("while pulling '{}'", reference.familiar());
  throw;
}

void tell_pull_status(const std::string& name, bool up_to_date, Progress& progress) {
  progress.message(
      fmt::format("Status: {} for {}", up_to_date ? "Image is up to date" : "Downloaded newer image", name));
}

}  // namespace davit::transfer
