#include "transfer/save.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/interrupt.h"
#include "codec/hash.h"
#include "codec/tar.h"
#include "oci/content.h"
#include "oci/manifest.h"
#include "transfer/archive_documents.h"
#include "transfer/counter.h"
#include "transfer/image_content.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

// A blob on its way into the archive: hashed, told, stopped by Ctrl-C.
class SavedSource final : public base::Source {
 public:
  SavedSource(base::Source& source, const oci::Descriptor& blob, bool is_layer, Progress& progress)
      : source_(source), blob_(blob), hash_(blob.digest.algorithm()) {
    if (is_layer) counter_.emplace(progress, blob.digest, LayerStatus::kSaving, blob.size);
  }

  std::size_t read(base::ByteSpan buffer) override {
    base::check_interrupted();
    const std::size_t count = source_.read(buffer);
    hash_.write(buffer.first(count));
    if (counter_) counter_->add(count);
    return count;
  }

  void check() const {
    if (hash_.digest() == blob_.digest) return;
    throw Error::format(Code::kCorrupt,
                        "blob {} is damaged here: it has the digest {}; remove the image and pull it again",
                        blob_.digest.text(), hash_.digest().text());
  }

 private:
  base::Source& source_;
  const oci::Descriptor& blob_;
  codec::HashSink hash_;
  std::optional<Counter> counter_;
};

class Saver {
 public:
  Saver(store::Store& store, const SaveOptions& options, Progress& progress)
      : store_(store), options_(options), progress_(progress), lease_(store.lease()) {}

  void add(const ImageToSave& image) {
    const oci::Descriptor top = choose(image);
    add_blobs(top);
    for (const oci::Reference& name : image.names) {
      oci::Descriptor named = top;
      named.annotations = name_annotations(name);
      index_.manifests.push_back(std::move(named));
    }
    if (image.names.empty()) index_.manifests.push_back(top);
    add_docker_image(image, top);
  }

  void write(base::Sink& out) {
    codec::TarWriter tar(out);
    add_document(tar, kOciLayoutName, oci_layout_json());
    add_document(tar, kOciIndexName, oci::to_json(index_));
    if (!docker_images_.empty()) add_document(tar, kDockerManifestName, docker_manifest_json(docker_images_));
    if (!repositories_.empty()) add_document(tar, kRepositoriesName, repositories_json(repositories_));
    // Small ones first: whoever reads from a pipe knows what the large ones are when they come.
    std::stable_partition(blobs_.begin(), blobs_.end(), [](const Blob& blob) { return !blob.is_layer; });
    for (const Blob& blob : blobs_) {
      if (blob.is_layer) progress_.bytes(blob.descriptor.digest, LayerStatus::kWaiting, 0, blob.descriptor.size);
    }
    std::set<std::string> folders;
    for (const Blob& blob : blobs_) {
      const std::string name = blob_name(blob.descriptor.digest);
      if (folders.empty()) add_folder(tar, "blobs");
      if (folders.insert(name.substr(0, name.rfind('/'))).second) add_folder(tar, name.substr(0, name.rfind('/')));
      add_blob(tar, name, blob);
    }
    tar.finish();
  }

 private:
  struct Blob {
    oci::Descriptor descriptor;
    bool is_layer = false;
  };

  // What the image's names mean in the archive.
  oci::Descriptor choose(const ImageToSave& image) {
    const oci::Descriptor target = bare(image.target);
    if (!options_.platform) {
      if (oci::media_type::is_index(target.media_type) && is_whole(target)) return target;
      return bare(image.record.manifest);
    }
    const oci::Platform platform = options_.platform->normalized();
    if (oci::media_type::is_index(target.media_type) && store_.blobs().size(target.digest)) {
      const oci::Index index = oci::Index::parse(read(target), target.media_type);
      const oci::Descriptor* chosen = index.choose(platform);
      if (chosen != nullptr && chosen->platform && is_whole(*chosen)) return bare(*chosen);
    }
    const auto config = read_config(store_, image.record);
    if (config && oci::match(platform, config->platform)) return bare(image.record.manifest);
    throw Error::format(Code::kNotFound, "no suitable export target found for platform {}", platform.text());
  }

  static oci::Descriptor bare(const oci::Descriptor& descriptor) {
    return {.media_type = descriptor.media_type, .digest = descriptor.digest, .size = descriptor.size};
  }

  std::string read(const oci::Descriptor& descriptor) {
    return store_.blobs().read(descriptor.digest, oci::kMaxManifestBytes);
  }

  bool visit(const oci::Descriptor& top, const oci::VisitContent& visit) {
    return oci::visit_content(
        top, [&](const oci::Descriptor& at) -> std::optional<std::string> { return read(at); }, visit);
  }

  bool is_whole(const oci::Descriptor& top) {
    return visit(top, [&](const oci::Descriptor& at) {
      lease_->add(at.digest);
      return store_.blobs().size(at.digest).has_value();
    });
  }

  void add_blobs(const oci::Descriptor& top) {
    visit(top, [&](const oci::Descriptor& at) {
      lease_->add(at.digest);
      const auto size = store_.blobs().size(at.digest);
      if (!size) throw missing_blob(store_, at.digest, "save");
      if (*size != at.size) {
        throw Error::format(Code::kCorrupt,
                            "blob {} is damaged here: {} bytes instead of {}; remove the image and pull it again",
                            at.digest.text(), *size, at.size);
      }
      if (seen_.insert(at.digest).second) blobs_.push_back({bare(at), is_layer(at)});
      return true;
    });
  }

  static bool is_layer(const oci::Descriptor& descriptor) {
    using namespace oci::media_type;
    const std::string_view type = descriptor.media_type;
    return !is_manifest(type) && !is_index(type) && type != kOciConfig && type != kDockerConfig;
  }

  // What docker's own readers see: the one platform. What is no image they cannot be told.
  void add_docker_image(const ImageToSave& image, const oci::Descriptor& top) {
    store::ImageRecord record = image.record;
    if (!oci::media_type::is_index(top.media_type) && top.digest != record.manifest.digest) {
      const oci::Manifest manifest = oci::Manifest::parse(read(top), top.media_type);
      if (!is_image(manifest)) return;
      record.id = manifest.config.digest;
      record.layers = layers_of(manifest, oci::ImageConfig::parse(read(manifest.config)));
    } else if (!read_config(store_, record)) {
      return;
    }
    const std::string config = blob_name(record.id);
    auto same = std::find_if(docker_images_.begin(), docker_images_.end(),
                             [&](const DockerArchiveImage& one) { return one.config == config; });
    if (same == docker_images_.end()) {
      DockerArchiveImage made{.config = config};
      for (const store::ImageLayer& layer : record.layers) {
        made.layers.push_back(blob_name(layer.blob.digest));
        made.layer_sources.emplace(layer.diff_id.text(), bare(layer.blob));
      }
      same = docker_images_.insert(docker_images_.end(), std::move(made));
    }
    for (const oci::Reference& name : image.names) {
      same->repo_tags.push_back(name.familiar());
      if (!record.layers.empty())
        repositories_[name.repository().familiar()][*name.tag()] = record.layers.back().blob.digest.hex();
    }
  }

  static codec::TarEntry entry(std::string_view name, std::uint64_t size) {
    return {.type = codec::EntryType::kFile, .path = std::string(name), .mode = 0644, .size = size};
  }

  static void add_folder(codec::TarWriter& tar, const std::string& name) {
    tar.add({.type = codec::EntryType::kDirectory, .path = name, .mode = 0755});
  }

  static void add_document(codec::TarWriter& tar, std::string_view name, const std::string& text) {
    base::MemorySource source(text);
    tar.add(entry(name, text.size()), &source);
  }

  void add_blob(codec::TarWriter& tar, const std::string& name, const Blob& blob) {
    if (blob.is_layer) progress_.layer(blob.descriptor.digest, LayerStatus::kSaving);
    const auto bytes = store_.blobs().open(blob.descriptor.digest);
    SavedSource saved(*bytes, blob.descriptor, blob.is_layer, progress_);
    tar.add(entry(name, blob.descriptor.size), &saved);
    saved.check();
    if (blob.is_layer) progress_.layer(blob.descriptor.digest, LayerStatus::kSaved);
  }

  store::Store& store_;
  const SaveOptions& options_;
  Progress& progress_;
  std::unique_ptr<store::Lease> lease_;
  oci::Index index_ = {.media_type = std::string(oci::media_type::kOciIndex)};
  std::vector<DockerArchiveImage> docker_images_;
  std::map<std::string, std::map<std::string, std::string>> repositories_;
  std::vector<Blob> blobs_;
  std::set<oci::Digest> seen_;
};

}  // namespace

void save(store::Store& store, const std::vector<ImageToSave>& images, const SaveOptions& options,
          const std::function<base::Sink&()>& open, Progress& progress) try {
  Saver saver(store, options, progress);
  for (const ImageToSave& image : images) saver.add(image);
  saver.write(open());
} catch (Error& e) {
  e.add_frame("while saving images");
  throw;
}

}  // namespace davit::transfer
