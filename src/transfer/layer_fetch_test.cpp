#include "transfer/layer_fetch.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/parallel.h"
#include "codec/hash.h"
#include "tests/testing/scripted_server.h"

namespace davit::transfer {
namespace {

// Has every layer already, in a form that does without blobs.
class WholeLayers final : public layer::LayerStore {
 public:
  layer::DriverChoice driver() const override { return {"erofs", ""}; }
  std::optional<layer::LayerRecord> find(const oci::Digest& diff_id) const override {
    return layer::LayerRecord{.diff_id = diff_id, .driver = "erofs"};
  }
  std::unique_ptr<layer::StagedLayer> stage(const oci::Digest&, base::Source&) override { return nullptr; }
  void sync() override { ++syncs; }
  std::uint64_t remove(const oci::Digest&) override { return 0; }
  std::vector<oci::Digest> list() const override { return {}; }
  std::uint64_t clean() override { return 0; }
  layer::LayersUsage disk_usage() const override { return {}; }
  void mount(const layer::MountOptions&) override {}
  base::fs::FileDescriptor open(const layer::MountOptions&) override { return {}; }
  void unmount(const std::filesystem::path&) override {}

  static inline std::atomic<int> syncs = 0;
};

class NoProgress final : public Progress {
 public:
  void message(const std::string&) override {}
  void layer(const oci::Digest&, LayerStatus, const std::string&) override {}
  void bytes(const oci::Digest&, LayerStatus, std::uint64_t, std::uint64_t) override {}
};

class LayerFetchTest : public testing::Test {
 protected:
  static store::Store::Options store_options(const std::filesystem::path& folder) {
    store::Store::Options made{.root = folder / "store", .run = folder / "run", .history = {}};
    made.keep_compressed = false;
    made.open_layers = [](const layer::LayerStoreOptions&) { return std::make_unique<WholeLayers>(); };
    return made;
  }
  // An image of so many layers of which another pull has kept no blob.
  store::ImageRecord add_image(const std::string& name, int layers) {
    store::ImageRecord record{
        .id = store.blobs().put(name),
        .manifest = {.media_type = std::string(oci::media_type::kOciManifest), .digest = codec::digest_of(name + "m")},
        .added = base::now()};
    for (int i = 0; i < layers; ++i) {
      const std::string text = name + std::to_string(i);
      record.layers.push_back({.blob = {.media_type = std::string(oci::media_type::kOciLayerGzip),
                                        .digest = codec::digest_of(text + "gz"),
                                        .size = 100},
                               .diff_id = codec::digest_of(text)});
    }
    store.images().add_image(record);
    return record;
  }

  base::fs::TemporaryDirectory folder{testing::TempDir(), "layer-fetch-test-"};
  store::Store store{store_options(folder.path())};
  test::ScriptedServer server;
  Registries registries{[](const std::string&, bool) {
                          remote::ClientOptions client_options;
                          client_options.plain_http = true;
                          client_options.tries = 1;
                          return client_options;
                        },
                        {},
                        nullptr};
  PullSource source{registries, oci::RepositoryName::parse(server.host() + "/team/app"), false};
  FetchOptions options;
  Connections connections{8};
  NoProgress progress;
};

// What it asks the store's images is asked by one thread at a time.
TEST_F(LayerFetchTest, ManyLayersThatCameMeanwhileAreSeenByManyThreadsAtOnce) {
  for (int i = 0; i < 40; ++i) add_image("other" + std::to_string(i), 1);
  const store::ImageRecord image = add_image("app", 60);
  FetchContext context = {source, options, connections, progress};
  StagedContent content(store);
  base::parallel_for(image.layers.size(), 8,
                     [&](std::size_t i) { fetch_layer(store, context, image.layers[i], content); });
  EXPECT_TRUE(server.requests("GET", "/v2/team/app/blobs/").empty());
  EXPECT_EQ(store.blobs().disk_usage().partial, 0U);
}

// Whoever named it may not have come to the sync of its folder yet.
TEST_F(LayerFetchTest, ALayerThatAnotherHasJustNamedIsMadeDurable) {
  const std::string tar(1024, '\0');
  const store::ImageLayer layer = {.blob = {.media_type = std::string(oci::media_type::kOciLayerTar),
                                            .digest = store.blobs().put(tar),
                                            .size = tar.size()},
                                   .diff_id = codec::digest_of(tar)};
  FetchContext context = {source, options, connections, progress};
  StagedContent content(store);
  fetch_layer(store, context, layer, content);
  const int before = WholeLayers::syncs;
  content.commit();
  EXPECT_EQ(WholeLayers::syncs, before + 1);
}

}  // namespace
}  // namespace davit::transfer
