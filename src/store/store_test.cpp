#include "store/store.h"

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/fault.h"
#include "base/fs/paths.h"
#include "codec/hash.h"
#include "tests/testing/child_process.h"

namespace davit::store {
namespace {

namespace fs = base::fs;
using std::filesystem::path;

// Layers as empty files in one folder: what a collection needs of a driver.
class FileLayers final : public layer::LayerStore {
 public:
  explicit FileLayers(path folder) : folder_(std::move(folder)) { fs::make_directories(folder_); }
  layer::DriverChoice driver() const override { return {"files", ""}; }
  std::optional<layer::LayerRecord> find(const oci::Digest&) const override { return std::nullopt; }
  std::unique_ptr<layer::StagedLayer> stage(const oci::Digest& diff_id, base::Source&) override {
    fs::File::open(folder_ / diff_id.hex(), {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing});
    return nullptr;
  }
  void sync() override {}
  std::uint64_t remove(const oci::Digest& diff_id) override { return fs::remove(folder_ / diff_id.hex()) ? 1000 : 0; }
  std::vector<oci::Digest> list() const override {
    std::vector<oci::Digest> digests;
    for (const std::string& hex : fs::list(folder_)) digests.push_back(oci::Digest::parse("sha256:" + hex));
    return digests;
  }
  std::uint64_t clean() override { return 0; }
  layer::LayersUsage disk_usage() const override { return {}; }
  void mount(const layer::MountOptions&) override {}
  fs::FileDescriptor open(const layer::MountOptions&) override { return {}; }
  void unmount(const path&) override {}

 private:
  path folder_;
};

class StoreTest : public ::testing::Test {
 protected:
  void TearDown() override { fs::set_fault_hook({}); }

  std::unique_ptr<Store> open() const {
    Store::Options options{.root = root_, .run = folder_.path() / "run", .history = {}};
    options.open_layers = [](const layer::LayerStoreOptions& layers) {
      return std::make_unique<FileLayers>(layers.root / "layers");
    };
    return std::make_unique<Store>(std::move(options));
  }

  static base::Error failure_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const base::Error& error) {
      return error;
    }
    return {base::Code::kInternal, "did not fail"};
  }

  static oci::Descriptor put(Store& store, const std::string& bytes) {
    return {"application/octet-stream", store.blobs().put(bytes), bytes.size(), {}, {}, {}};
  }

  // An image with one layer of its own and one that all have; its content is put in the store.
  static ImageRecord make(Store& store, const std::string& name, bool with_index = false) {
    base::MemorySource nothing("");
    for (const std::string& diff : {name + " diff", std::string("common diff")}) {
      store.layers().stage(codec::digest_of(diff), nothing);
    }
    return {.id = put(store, name).digest,
            .manifest = put(store, name + " manifest"),
            .index = with_index ? std::optional(put(store, name + " index")) : std::nullopt,
            .layers = {{put(store, "common layer"), codec::digest_of("common diff")},
                       {put(store, name + " layer"), codec::digest_of(name + " diff")}},
            .size = 10,
            .created = {},
            .added = base::now()};
  }

  static bool is_whole(Store& store, const ImageRecord& record) {
    const auto layers = store.layers().list();
    const auto has_layer = [&](const oci::Digest& id) {
      return std::find(layers.begin(), layers.end(), id) != layers.end();
    };
    bool whole = store.blobs().size(record.id) && store.blobs().size(record.manifest.digest);
    if (record.index) whole = whole && store.blobs().size(record.index->digest);
    for (const ImageLayer& layer : record.layers)
      whole = whole && store.blobs().size(layer.blob.digest) && has_layer(layer.diff_id);
    return whole;
  }

  fs::TemporaryDirectory folder_{testing::TempDir(), "store-test-"};
  path root_ = folder_.path() / "store";
};

TEST_F(StoreTest, IsMadeWhereNothingOrAnEmptyFolderIsAndKeepsItsId) {
  const std::string id = open()->id();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(open()->id(), id);
  fs::remove_tree(root_);
  fs::make_directory(root_);
  EXPECT_NE(open()->id(), id);
}

TEST_F(StoreTest, ItsFoldersAreItsOwnersAlone) {
  const mode_t mask = ::umask(0);
  auto store = open();
  store->blobs();
  store->images();
  ::umask(mask);
  for (const char* name : {"", "blobs", "blobs/sha256", "images", "leases", "locks"}) {
    struct stat status {};
    ASSERT_EQ(::stat((root_ / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777, 0700U) << name;
  }
}

TEST_F(StoreTest, RefusesAStoreOfANewerDavit) {
  open();
  fs::write_file(root_ / "version", "davit store 2\nid of another kind\n");
  const base::Error error = failure_of([&] { open(); });
  EXPECT_EQ(error.code(), base::Code::kNotSupported);
  EXPECT_NE(error.message().find(root_.string()), std::string::npos);
}

TEST_F(StoreTest, RefusesAFolderThatHoldsSomethingElseAndLeavesItAlone) {
  fs::make_directory(root_);
  fs::write_file(root_ / "letter.txt", "dear");
  EXPECT_EQ(failure_of([&] { open(); }).code(), base::Code::kConflict);
  EXPECT_EQ(fs::list(root_), std::vector<std::string>{"letter.txt"});
  fs::remove_tree(root_);
  fs::write_file(root_, "");
  EXPECT_EQ(failure_of([&] { open(); }).code(), base::Code::kConflict);
}

TEST_F(StoreTest, ADamagedVersionFileIsCorrupt) {
  open();
  for (const char* text : {"", "davit store 1\n", "davit store 1\nid 0123\n", "something else\n"}) {
    fs::write_file(root_ / "version", text);
    EXPECT_EQ(failure_of([&] { open(); }).code(), base::Code::kCorrupt) << text;
  }
}

TEST_F(StoreTest, AnUnwritableRootIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  open();
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const auto refused_by_name = [&] {
    if (::setresuid(65534, 65534, 65534) != 0) return 2;
    const base::Error error = failure_of([&] { open(); });
    const bool named = error.message().find(root_.string()) != std::string::npos;
    return error.code() == base::Code::kPermissionDenied && named ? 0 : 1;
  };
  EXPECT_EQ(test::wait_for(test::start_child(refused_by_name)), 0);
}

TEST_F(StoreTest, ProcessesThatMakeItAtOnceAgreeOnItsId) {
  const auto statuses = test::in_processes(8, [&](int i) {
    fs::write_file(folder_.path() / ("id" + std::to_string(i)), open()->id());
    return 0;
  });
  EXPECT_THAT(statuses, ::testing::Each(0));
  const std::string id = open()->id();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(fs::read_file(folder_.path() / ("id" + std::to_string(i))), id);
}

TEST_F(StoreTest, ACreationThatDiesAtAnyCallIsFinishedByTheNext) {
  for (int at = 1;; ++at) {
    fs::remove_tree(root_);
    if (!test::dies_at_call(at, [&] { open(); })) break;
    EXPECT_EQ(open()->id().size(), 32U) << "killed at call " << at;
    ASSERT_LT(at, 100);
  }
}

TEST_F(StoreTest, ACollectionKeepsWhatImagesNeedAndRemovesTheRest) {
  auto store = open();
  const ImageRecord kept = make(*store, "kept", true);
  store->images().add_image(kept);
  const ImageRecord gone = make(*store, "gone", true);
  const auto collected = store->collect({});
  EXPECT_TRUE(is_whole(*store, kept));
  const std::set<oci::Digest> blobs(collected.blobs.begin(), collected.blobs.end());
  EXPECT_EQ(blobs, (std::set{gone.id, gone.manifest.digest, gone.index->digest, gone.layers[1].blob.digest}));
  EXPECT_EQ(collected.layers, std::vector{gone.layers[1].diff_id});
  EXPECT_GT(collected.bytes, 1000U);
  const auto again = store->collect({});
  EXPECT_TRUE(again.blobs.empty() && again.layers.empty());
  EXPECT_EQ(again.bytes, 0U);
}

TEST_F(StoreTest, ACollectionKeepsTheTargetsOfTagsAndOfPinnedHistoryAndExtraRoots) {
  auto store = open();
  const ImageRecord image = make(*store, "image");
  store->images().add_image(image);
  const oci::Descriptor first = put(*store, "first index"), second = put(*store, "second index");
  const ImageRecord other = make(*store, "other");
  store->images().add_image(other);
  const auto name = oci::Reference::parse("app:1");
  store->images().set_tag({name, first, image.id}, "pull");
  store->images().set_tag({name, second, other.id}, "pull");
  const oci::Digest extra = put(*store, "extra").digest;
  store->collect({.extra_roots = {extra}});
  for (const oci::Digest& digest : {first.digest, second.digest, extra}) EXPECT_TRUE(store->blobs().size(digest));
}

TEST_F(StoreTest, ALeaseKeepsContentUntilItEndsWhetherOrNotItWasThereBefore) {
  auto store = open();
  auto lease = store->lease();
  const oci::Digest digest = codec::digest_of("leased");
  lease->add(digest);
  store->blobs().put("leased");
  EXPECT_TRUE(open()->collect({}).blobs.empty());
  lease.reset();
  EXPECT_EQ(store->collect({}).blobs, std::vector{digest});
  EXPECT_TRUE(fs::list(root_ / "leases").empty());
}

TEST_F(StoreTest, ALeaseEndsWithItsProcess) {
  auto store = open();
  const oci::Digest digest = store->blobs().put("leased");
  test::wait_for(test::start_child([&] {
    const auto lease = store->lease();
    lease->add(digest);
    return ::raise(SIGKILL);
  }));
  EXPECT_EQ(fs::list(root_ / "leases").size(), 1U);
  EXPECT_EQ(store->collect({}).blobs, std::vector{digest});
  EXPECT_TRUE(fs::list(root_ / "leases").empty());
}

TEST_F(StoreTest, AnImageWhoseProcessDiedBeforeTheIndexKnewItIsKept) {
  ImageRecord record = make(*open(), "image");
  const pid_t child = test::start_child([&] {
    auto store = open();
    ImageStore& images = store->images();
    // The last sync before the index is that of the folder with the record.
    fs::set_fault_hook([&](fs::Operation operation, std::string_view name) {
      if (operation == fs::Operation::kSync && name.ends_with("/images")) ::raise(SIGKILL);
      return 0;
    });
    images.add_image(record);
    return 1;
  });
  auto store = open();
  store->images();  // opened before the index is behind
  ASSERT_TRUE(WIFSIGNALED(test::wait_for(child)));
  store->collect({});
  EXPECT_TRUE(is_whole(*store, record));
  EXPECT_TRUE(open()->images().find_image(record.id));
}

TEST_F(StoreTest, CollectionsNeverTakeWhatAPullOnItsWayFoundOrBrought) {
  open();
  std::atomic<bool> stop = false;
  std::thread collector([&] {
    auto store = open();
    while (!stop) store->collect({});
  });
  auto store = open();
  for (int i = 0; i < 60; ++i) {
    // A pull: lease first, then look, fetch what is missing, record, let the lease go.
    const std::string name = "image " + std::to_string(i % 3);
    std::optional<ImageRecord> record;
    {
      const auto lease = store->lease();
      for (const char* part : {"", " manifest", " layer", " diff"}) lease->add(codec::digest_of(name + part));
      lease->add(codec::digest_of("common layer"));
      lease->add(codec::digest_of("common diff"));
      record = make(*store, name);
      store->images().add_image(*record);
    }
    ASSERT_TRUE(is_whole(*store, *record));
    store->images().remove_image(record->id);
  }
  stop = true;
  collector.join();
}

TEST_F(StoreTest, ALeaseIsNotKeptWaitingForALongCollection) {
  auto store = open();
  for (int i = 0; i < 40; ++i) store->blobs().put(std::to_string(i));
  std::atomic<bool> done = false;
  fs::set_fault_hook([](fs::Operation operation, std::string_view name) {
    if (operation == fs::Operation::kRemove && name.find("/sha256/") != std::string_view::npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return 0;
  });
  std::thread collector([&] {
    open()->collect({});
    done = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  int leases = 0;
  for (; !done && leases < 3; ++leases) store->lease()->add(codec::digest_of("x"));
  EXPECT_FALSE(done) << "a second's collection was over before three leases were had";
  collector.join();
  EXPECT_EQ(leases, 3);
}

}  // namespace
}  // namespace davit::store
