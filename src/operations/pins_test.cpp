#include "operations/pins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "codec/hash.h"
#include "operations/prune_containers.h"
#include "operations/prune_images.h"

namespace davit::operations {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.message();
  }
  return "no error";
}

class PinsTest : public ::testing::Test {
 protected:
  PinsTest() {
    const oci::Descriptor manifest{
        "application/vnd.oci.image.manifest.v1+json", codec::digest_of("manifest"), 8, {}, {}, {}};
    store_.images().add_image(
        {.id = image_, .manifest = manifest, .index = {}, .layers = {}, .created = {}, .added = base::now()});
    store_.images().set_tag({oci::Reference::parse_tagged("app:1"), manifest, image_}, "pull");
  }

  container::Container container(bool auto_remove = false) {
    container::Description description;
    description.command = {"true"};
    description.auto_remove = auto_remove;
    return containers_.create(description);
  }

  PrunedImages prune() {
    return prune_images(store_, [&] { return list_uses(containers_); },
                        {.all = true, .created_before = {}, .match_labels = {}});
  }

  base::fs::TemporaryDirectory folder_{::testing::TempDir()};
  store::Store store_{{.root = folder_.path() / "root", .run = folder_.path() / "run", .history = {}}};
  container::ContainerStore containers_{{.root = folder_.path() / "root",
                                         .run = folder_.path() / "run",
                                         .cgroup_parent = "/davit-test",
                                         .exit_command = {},
                                         .layers = {}}};
  const oci::Digest image_ = codec::digest_of("config");
};

TEST_F(PinsTest, APinnedImageIsNotDeletedWhileAnybodyHoldsIt) {
  EXPECT_EQ(pin_image(store_, "app:1", "deployment web"), image_);
  pin_image(store_, image_.text(), "deployment api");
  const std::string refusal =
      "conflict: unable to delete " + image_.short_hex() + " (cannot be forced) - image is pinned by ";
  for (const bool force : {false, true}) {
    EXPECT_EQ(error_of([&] { remove_image(store_, containers_, "app:1", {.force = force}); }),
              refusal + "deployment api, deployment web");
  }
  unpin_image(store_, image_, "deployment api");
  EXPECT_EQ(error_of([&] { remove_image(store_, containers_, image_.text()); }), refusal + "deployment web");
  unpin_image(store_, image_, "deployment web");
  EXPECT_THAT(remove_image(store_, containers_, "app:1").deleted, ElementsAre(image_));
}

TEST_F(PinsTest, APruneKeepsAPinnedImageAndNamesTheHolder) {
  pin_image(store_, "app:1", "deployment web");
  const auto kept = prune();
  EXPECT_THAT(kept.images, IsEmpty());
  ASSERT_EQ(kept.kept.size(), 1U);
  EXPECT_EQ(kept.kept[0].id, image_.text());
  EXPECT_EQ(kept.kept[0].holders, "deployment web");
  unpin_image(store_, image_, "deployment web");
  EXPECT_EQ(prune().images.size(), 1U);
}

TEST_F(PinsTest, APinnedContainerIsNotRemoved) {
  const auto id = container().id();
  EXPECT_EQ(pin_container(containers_, id.substr(0, 12), "deployment web"), id);
  for (const bool force : {false, true}) {
    EXPECT_EQ(error_of([&] { containers_.remove(id, force); }),
              "You cannot remove container " + id + ": it is pinned by deployment web");
  }
  unpin_container(containers_, id, "deployment web");
  containers_.remove(id);
  EXPECT_THAT(containers_.list(), IsEmpty());
}

TEST_F(PinsTest, WhatCannotBePinned) {
  EXPECT_EQ(error_of([&] { pin_image(store_, "nosuch:1", "deployment web"); }), "No such image: nosuch:1");
  EXPECT_EQ(error_of([&] { pin_container(containers_, "nosuch", "deployment web"); }), "No such container: nosuch");
  EXPECT_THAT(error_of([&] { pin_image(store_, "app:1", "../x"); }), HasSubstr("invalid name of a holder"));
  const auto id = container(true).id();
  EXPECT_THAT(error_of([&] { pin_container(containers_, id, "deployment web"); }), HasSubstr("removed at its end"));
}

}  // namespace
}  // namespace davit::operations
