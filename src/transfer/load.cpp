#include "transfer/load.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/strings.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "oci/content.h"
#include "oci/manifest.h"
#include "transfer/archive_contents.h"
#include "transfer/archive_documents.h"
#include "transfer/image_content.h"
#include "transfer/interruptible_source.h"
#include "transfer/known_layers.h"
#include "transfer/layer_fetch.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

// An image that the archive holds, with what the store shall know of it.
struct Found {
  store::ImageRecord record;
  oci::Descriptor target;  // what its names mean: the index or its manifest
  std::vector<oci::Reference> names;
};

class Loader {
 public:
  Loader(store::Store& store, const LoadOptions& options, Progress& progress)
      : store_(store),
        options_(options),
        progress_(progress),
        platform_(options.platform ? options.platform->normalized() : oci::Platform::host()),
        lease_(store.lease()),
        known_(store),
        contents_(store, *lease_, known_, progress) {}

  std::vector<LoadedImage> load(base::Source& archive) {
    store_.layers();  // a store that can hold no layers says so before anything is read
    read(archive);
    const bool has_index = contents_.has(std::string(kOciIndexName));
    const bool has_manifest = contents_.has(std::string(kDockerManifestName));
    if (has_index) find_by_index();
    if (has_manifest) find_by_docker_manifest();
    if (!has_index && !has_manifest) {
      throw Error::format(Code::kInvalidArgument, "invalid archive: does not contain a {} or an {}",
                          kDockerManifestName, kOciIndexName);
    }
    unpack_layers();
    return record_all();
  }

 private:
  void read(base::Source& archive) try {
    InterruptibleSource interruptible(archive);
    const auto tar = codec::decompress_detected(interruptible);
    contents_.read(*tar);
    base::NullSink rest;  // of the compressed stream: its checksum, and whoever writes into our pipe
    base::copy(*tar, rest);
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    throw Error(error.code(), "invalid archive: " + error.message());
  }

  // --- OCI layout

  void find_by_index() {
    if (contents_.has(std::string(kOciLayoutName)))
      check_oci_layout(contents_.document(std::string(kOciLayoutName), "the archive"));
    const oci::Index index =
        oci::Index::parse(contents_.document(std::string(kOciIndexName), "the archive"), oci::media_type::kOciIndex);
    std::vector<std::pair<std::optional<oci::Reference>, oci::Index>> by_name;  // in the archive's order
    for (const oci::Descriptor& descriptor : index.manifests) {
      auto name = image_name(descriptor);
      const auto same =
          std::find_if(by_name.begin(), by_name.end(), [&](const auto& one) { return name && one.first == name; });
      if (same == by_name.end()) {
        by_name.push_back({std::move(name), oci::Index{.manifests = {descriptor}}});
      } else {
        same->second.manifests.push_back(descriptor);
      }
    }
    for (const auto& [name, candidates] : by_name) {
      // One name for manifests of several platforms: an index without a document of its own.
      const oci::Descriptor& first = candidates.manifests.front();
      const bool one = std::all_of(candidates.manifests.begin(), candidates.manifests.end(),
                                   [&first](const auto& other) { return other.digest == first.digest; });
      add(one ? first : choose(candidates), name);
    }
  }

  const oci::Descriptor& choose(const oci::Index& index) {
    if (const oci::Descriptor* chosen = index.choose(platform_)) return *chosen;
    throw Error::format(Code::kNotFound, "no matching manifest for {} in the manifest list entries: {} is there",
                        platform_.text(), index.platforms_text());
  }

  void add(oci::Descriptor target, const std::optional<oci::Reference>& name) {
    // As it is in index.json it may carry names and a platform, which are not the target's own.
    target = {.media_type = target.media_type, .digest = target.digest, .size = target.size};
    auto same = std::find_if(found_.begin(), found_.end(),
                             [&](const Found& found) { return found.target.digest == target.digest; });
    if (same == found_.end()) {
      store::ImageRecord record = bring(target);
      same = found_.insert(found_.end(), Found{.record = std::move(record), .target = target, .names = {}});
    }
    if (name) same->names.push_back(*name);
  }

  std::string manifest_bytes(const oci::Descriptor& descriptor) {
    require(descriptor.digest, "its manifest");
    std::string bytes = store_.blobs().read(descriptor.digest, oci::kMaxManifestBytes);
    check_manifest_size(descriptor, bytes.size());
    return bytes;
  }

  // What the store has none of, an archive of one platform has left out.
  std::optional<std::string> manifest_bytes_if_here(const oci::Descriptor& descriptor) {
    if (!store_.blobs().size(descriptor.digest)) return std::nullopt;
    return manifest_bytes(descriptor);
  }

  void require(const oci::Digest& digest, std::string_view what) {
    if (contents_.bring(digest)) return;
    throw Error::format(Code::kInvalidArgument, "invalid archive: {}, {}, is not in it", digest.text(), what);
  }

  // All that the target leads to goes into the store, as far as it is in the archive.
  void bring_all(const oci::Descriptor& target) {
    oci::visit_content(
        target, [&](const oci::Descriptor& at) { return manifest_bytes_if_here(at); },
        [&](const oci::Descriptor& at) {
          base::check_interrupted();
          contents_.bring(at.digest);
          return true;
        });
  }

  store::ImageRecord bring(const oci::Descriptor& target) {
    bring_all(target);
    std::optional<oci::Descriptor> index;
    oci::Descriptor manifest = target;
    for (int depth = 0; oci::media_type::is_index(manifest.media_type) && depth < 8; ++depth) {
      if (!index) index = target;
      // What another machine saved of an index may be one platform alone.
      oci::Index here = oci::Index::parse(manifest_bytes(manifest), manifest.media_type);
      std::erase_if(here.manifests, [&](const auto& one) { return !store_.blobs().size(one.digest); });
      manifest = choose(here);
    }
    const std::string bytes = manifest_bytes(manifest);
    const oci::Manifest parsed = oci::Manifest::parse(bytes, manifest.media_type);
    manifest = {.media_type = parsed.media_type, .digest = manifest.digest, .size = bytes.size()};
    require(parsed.config.digest, "its config");
    const std::string config_bytes = store_.blobs().read(parsed.config.digest, oci::kMaxManifestBytes);
    std::optional<oci::ImageConfig> config;
    if (is_image(parsed)) config = oci::ImageConfig::parse(config_bytes);
    if (config && !index) check_platform(*config, parsed.config.digest);
    for (const oci::Descriptor& layer : parsed.layers) require(layer.digest, "a layer");
    return {.id = parsed.config.digest,
            .manifest = manifest,
            .index = index,
            .layers = layers_of(parsed, config),
            .created = config ? config->created : std::nullopt,
            .added = base::now()};
  }

  void check_platform(const oci::ImageConfig& config, const oci::Digest& id) const {
    if (!options_.platform || oci::match(platform_, config.platform)) return;
    throw Error::format(Code::kNotFound,
                        "image {} was found but its platform ({}) does not match the specified platform ({})",
                        id.text(), base::printable(config.platform.text()), platform_.text());
  }

  // --- docker-archive

  void find_by_docker_manifest() {
    for (const DockerArchiveImage& image :
         parse_docker_manifest(contents_.document(std::string(kDockerManifestName), "the archive"))) {
      base::check_interrupted();
      std::vector<oci::Reference> names;
      for (const std::string& tag : image.repo_tags) names.push_back(parse_repo_tag(tag));
      const std::string config = contents_.document(image.config, kDockerManifestName);
      const oci::Digest id = codec::digest_of(config);
      auto same = std::find_if(found_.begin(), found_.end(), [&](const Found& found) { return found.record.id == id; });
      if (same == found_.end()) {
        if (names.empty() && is_of_a_found_index(id)) continue;
        store::ImageRecord record = make_record(image, id, config);
        same = found_.insert(found_.end(), Found{.record = record, .target = record.manifest, .names = {}});
      }
      for (oci::Reference& name : names) {
        if (!is_named(name)) same->names.push_back(std::move(name));
      }
    }
  }

  // docker writes manifest.json for the platform of the machine that saved, which may be another than the one chosen
  // here.
  bool is_of_a_found_index(const oci::Digest& config) {
    return std::any_of(found_.begin(), found_.end(), [&](const Found& found) {
      bool named = false;
      oci::visit_content(
          found.target, [&](const oci::Descriptor& at) { return manifest_bytes_if_here(at); },
          [&](const oci::Descriptor& at) { return !(named = named || at.digest == config); });
      return named;
    });
  }

  bool is_named(const oci::Reference& name) const {
    return std::any_of(found_.begin(), found_.end(), [&](const Found& found) {
      return std::find(found.names.begin(), found.names.end(), name) != found.names.end();
    });
  }

  store::ImageRecord make_record(const DockerArchiveImage& image, const oci::Digest& id,
                                 const std::string& config_bytes) {
    if (auto here = find_complete(id)) return std::move(*here);
    const oci::ImageConfig config = oci::ImageConfig::parse(config_bytes);
    check_platform(config, id);
    if (image.layers.size() != config.diff_ids.size()) {
      throw Error::format(Code::kInvalidArgument, "invalid manifest, layers length mismatch: expected {}, got {}",
                          image.layers.size(), config.diff_ids.size());
    }
    std::vector<ArchiveContents::Layer> layers;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      base::check_interrupted();
      layers.push_back(contents_.layer(image.layers[i]));
      const auto& diff_id = layers.back().diff_id;
      if (!diff_id) continue;
      if (*diff_id != config.diff_ids[i]) {
        throw Error::format(Code::kCorrupt, "invalid diffID for layer {}: expected \"{}\", got \"{}\"", i,
                            config.diff_ids[i].text(), diff_id->text());
      }
      known_.add(layers.back().blob.digest, *diff_id);
    }
    put(config_bytes);
    const oci::Manifest manifest = make_manifest(layers, {.digest = id, .size = config_bytes.size()});
    const std::string bytes = oci::to_json(manifest);
    return {.id = id,
            .manifest = {.media_type = manifest.media_type, .digest = put(bytes), .size = bytes.size()},
            .index = {},
            .layers = layers_of(manifest, config),
            .created = config.created,
            .added = base::now()};
  }

  // An image that is here whole stays what it is, with the manifest by which it came.
  std::optional<store::ImageRecord> find_complete(const oci::Digest& id) {
    lease_->add(id);
    auto record = store_.images().find_image(id);
    if (!record) return std::nullopt;
    lease_->add(record->manifest.digest);
    if (record->index) lease_->add(record->index->digest);
    for (const store::ImageLayer& layer : record->layers) {
      lease_->add(layer.blob.digest);
      lease_->add(layer.diff_id);
    }
    if (!is_complete(store_, *record)) return std::nullopt;
    return record;
  }

  // Docker's form, as its archive has none of its own; OCI's where docker's knows no type for a layer.
  static oci::Manifest make_manifest(const std::vector<ArchiveContents::Layer>& layers, oci::Descriptor config) {
    using namespace oci::media_type;
    const bool docker = std::none_of(layers.begin(), layers.end(),
                                     [](const auto& layer) { return layer.compression == codec::Compression::kZstd; });
    config.media_type = docker ? kDockerConfig : kOciConfig;
    oci::Manifest manifest{.media_type = std::string(docker ? kDockerManifest : kOciManifest), .config = config};
    for (const ArchiveContents::Layer& layer : layers) {
      oci::Descriptor blob = layer.blob;
      switch (layer.compression) {
        case codec::Compression::kNone:
          blob.media_type = docker ? kDockerLayerTar : kOciLayerTar;
          break;
        case codec::Compression::kGzip:
          blob.media_type = docker ? kDockerLayerGzip : kOciLayerGzip;
          break;
        case codec::Compression::kZstd:
          blob.media_type = kOciLayerZstd;
          break;
        case codec::Compression::kXz:
          throw Error::format(Code::kNotSupported, "layer {} is compressed by xz, for which there is no media type",
                              blob.digest.text());
      }
      manifest.layers.push_back(std::move(blob));
    }
    return manifest;
  }

  oci::Digest put(const std::string& bytes) {
    lease_->add(codec::digest_of(bytes));
    return store_.blobs().put(bytes);
  }

  // --- both

  void unpack_layers() {
    std::vector<const store::ImageLayer*> missing;
    DistinctLayers distinct;
    for (const Found& found : found_) {
      for (const store::ImageLayer& layer : found.record.layers) {
        if (!distinct.is_new(layer) || !is_unpackable(layer)) continue;
        lease_->add(layer.diff_id);
        if (!store_.layers().find(layer.diff_id) || !known_.contains(layer)) missing.push_back(&layer);
      }
    }
    std::vector<std::unique_ptr<layer::StagedLayer>> staged(missing.size());
    base::parallel_for(missing.size(), options_.parallel_layers, [&](std::size_t i) {
      base::check_interrupted();
      staged[i] = unpack_layer(store_, *missing[i], &progress_);
      progress_.layer(missing[i]->blob.digest, LayerStatus::kLoaded);
    });
    commit_layers(store_, std::move(staged));
  }

  std::vector<LoadedImage> record_all() {
    store::Change change = {.command = "load"};
    std::set<oci::Digest> added;
    for (Found& found : found_) {
      found.record.size = content_size(store_, found.record.layers);
      if (added.insert(found.record.id).second) change.add_images.push_back(found.record);
      for (const oci::Reference& name : found.names) {
        change.set_tags.push_back({.reference = name, .target = found.target, .image = found.record.id});
      }
    }
    const store::TagsBefore before = store_.images().apply(change);
    std::vector<LoadedImage> loaded;
    std::size_t at = 0;
    for (const Found& found : found_) {
      LoadedImage image{.id = found.record.id, .names = {}};
      for (const oci::Reference& name : found.names) {
        const auto& was = before.set[at++];
        const bool moved = was && was->image != found.record.id;
        image.names.push_back({.name = name, .displaced = moved ? std::optional(was->image) : std::nullopt});
      }
      loaded.push_back(std::move(image));
    }
    return loaded;
  }

  store::Store& store_;
  const LoadOptions& options_;
  Progress& progress_;
  const oci::Platform platform_;
  std::unique_ptr<store::Lease> lease_;
  KnownLayers known_;  // also: what went by while it was read
  ArchiveContents contents_;
  std::vector<Found> found_;
};

}  // namespace

std::vector<LoadedImage> load(store::Store& store, base::Source& archive, const LoadOptions& options,
                              Progress& progress) try {
  return Loader(store, options, progress).load(archive);
} catch (Error& e) {
  e.add_frame("while loading an archive");
  throw;
}

}  // namespace davit::transfer
