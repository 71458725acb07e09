#include "operations/commit_container.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "blob/blob_store.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "container/held_container.h"
#include "container/own_places.h"
#include "container/pause.h"
#include "layer/tree_tar.h"
#include "oci/manifest.h"
#include "operations/config_changes.h"
#include "transfer/image_content.h"
#include "transfer/layer_fetch.h"
#include "transfer/staged_content.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;
using container::HeldContainer;

// The container stands still while this lives. Its state says so meanwhile: should davit die, `unpause` lets it go on.
class Pause {
 public:
  explicit Pause(HeldContainer& held) : held_(held) { container::pause(held_); }
  ~Pause() {
    try {
      container::unpause(held_);
    } catch (const Error& error) {  // it was killed meanwhile, or stays paused and says so
      base::log::warn("container {} stays paused: {}", held_.record().id, error.message());
    }
  }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  HeldContainer& held_;
};

struct NewLayer {
  std::unique_ptr<blob::SealedBlob> blob;
  oci::Digest diff_id;
};

// Nothing where the container changed nothing.
std::optional<NewLayer> write_layer(store::Store& store, store::Lease& lease, HeldContainer& held, bool pause) {
  std::optional<Pause> paused;
  if (pause && held.state().status == container::Status::kRunning) paused.emplace(held);
  const auto upper = held.folder() / "upper";
  const auto writer = store.blobs().ingest_unknown();
  const auto compressed = codec::compress(*writer, codec::Compression::kGzip, 0, codec::compression_threads());
  codec::HashSink diff_id;
  base::TeeSink both(diff_id, *compressed);
  const auto own = container::own_places_in(base::fs::Directory::open(upper));
  const auto written = layer::write_diff(upper, both, own);
  compressed->finish();
  if (written.entries == 0) return std::nullopt;
  lease.add(writer->digest());
  lease.add(diff_id.digest());
  return NewLayer{.blob = writer->seal(), .diff_id = diff_id.digest()};
}

// What a container of the image is to get: what this one has.
oci::ExecutionConfig config_of(const container::Description& description, const oci::ExecutionConfig& image) {
  oci::ExecutionConfig config = image;
  config.user = description.user;
  config.env = description.env;
  config.working_dir = description.working_dir;
  for (const auto& [key, value] : description.labels) config.labels[key] = value;
  config.stop_signal = description.stop_signal;
  config.entrypoint.reset();
  config.cmd.reset();
  if (!description.entrypoint.empty()) config.entrypoint = description.entrypoint;
  if (!description.command.empty()) config.cmd = description.command;
  config.volumes.insert(config.volumes.end(), description.volumes.begin(), description.volumes.end());
  std::sort(config.volumes.begin(), config.volumes.end());
  config.volumes.erase(std::unique(config.volumes.begin(), config.volumes.end()), config.volumes.end());
  return config;
}

// A manifest is of one family: OCI's, or docker's where the image's own is.
struct Family {
  std::string manifest, config, layer;
};
Family family_of(const store::ImageRecord& parent) {
  if (parent.manifest.media_type == oci::media_type::kDockerManifest) {
    return {std::string(oci::media_type::kDockerManifest), std::string(oci::media_type::kDockerConfig),
            std::string(oci::media_type::kDockerLayerGzip)};
  }
  return {std::string(oci::media_type::kOciManifest), std::string(oci::media_type::kOciConfig),
          std::string(oci::media_type::kOciLayerGzip)};
}

store::ImageRecord get_parent(store::Store& store, const HeldContainer& held) {
  const auto& image = held.record().description.image;
  auto parent = image ? store.images().find_image(*image) : std::nullopt;
  if (parent) return std::move(*parent);
  throw Error::format(Code::kNotFound, "the image of container {} is not here any more: {}", held.record().id,
                      image ? image->text() : "it has none");
}

}  // namespace

store::ImageRecord commit_container(store::Store& store, container::ContainerStore& containers,
                                    const std::string& container, const CommitOptions& options) try {
  HeldContainer held = containers.hold(containers.get(container).id());
  const auto& description = held.record().description;
  const store::ImageRecord parent = get_parent(store, held);
  oci::ImageConfig config = transfer::get_config(store, parent, description.image_reference, "nothing can stand on it");
  config.config = config_of(description, config.config);
  apply_changes(config.config, options.changes);

  const auto lease = store.lease();
  for (const store::ImageLayer& layer : parent.layers) {
    lease->add(layer.blob.digest);
    lease->add(layer.diff_id);
  }
  const Family family = family_of(parent);
  transfer::StagedContent content(store);
  std::vector<store::ImageLayer> layers = parent.layers;
  auto made = write_layer(store, *lease, held, options.pause);
  if (made) {
    layers.push_back({.blob = {.media_type = family.layer, .digest = made->blob->digest(), .size = made->blob->size()},
                      .diff_id = made->diff_id});
    config.diff_ids.push_back(made->diff_id);
    content.add(transfer::unpack_layer(store, layers.back(), *made->blob->open()));
    content.add(std::move(made->blob));
  }
  config.created = base::now();
  config.author = options.author;
  config.history.push_back({.created = config.created,
                            .created_by = base::join(description.command, " "),
                            .author = options.author,
                            .comment = options.message,
                            .empty_layer = !made});

  oci::Manifest manifest = {
      .media_type = family.manifest,
      .config = content.add_document(*lease, family.config, oci::to_json(config)),
  };
  for (const store::ImageLayer& layer : layers) manifest.layers.push_back(layer.blob);
  const auto target = content.add_document(*lease, family.manifest, oci::to_json(manifest));
  content.commit();

  store::ImageRecord record = {.id = manifest.config.digest,
                               .manifest = target,
                               .layers = layers,
                               .size = transfer::content_size(store, layers),
                               .created = config.created,
                               .added = base::now()};
  store::Change change = {.command = "commit", .add_images = {record}};
  if (options.tag) change.set_tags.push_back({.reference = *options.tag, .target = target, .image = record.id});
  store.images().apply(change);
  return record;
} catch (Error& e) {
  e.add_frame("while committing container {}", container);
  throw;
}

}  // namespace davit::operations
