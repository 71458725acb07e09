#include "registry/route.h"

#include <gtest/gtest.h>

namespace davit::registry {
namespace {

std::string told(std::string_view path) {
  const auto route = parse_route(path);
  if (!route) return "none";
  constexpr const char* kPlaces[] = {"base", "catalog", "tags", "manifest", "blob", "uploads", "upload", "referrers"};
  std::string text = kPlaces[static_cast<int>(route->place)];
  if (!route->repository.empty()) text += " " + route->repository;
  if (!route->reference.empty()) text += " " + route->reference;
  return text;
}

TEST(Route, IsFoundByThePathsEnd) {
  EXPECT_EQ(told("/v2/"), "base");
  EXPECT_EQ(told("/v2"), "base");
  EXPECT_EQ(told("/v2/_catalog"), "catalog");
  EXPECT_EQ(told("/v2/a/tags/list"), "tags a");
  EXPECT_EQ(told("/v2/a/b/manifests/1.0"), "manifest a/b 1.0");
  EXPECT_EQ(told("/v2/a/blobs/sha256:ab"), "blob a sha256:ab");
  EXPECT_EQ(told("/v2/a/blobs/sha256%3Aab"), "blob a sha256:ab");
  EXPECT_EQ(told("/v2/a/blobs/uploads/"), "uploads a");
  EXPECT_EQ(told("/v2/a/blobs/uploads"), "uploads a");
  EXPECT_EQ(told("/v2/a/blobs/uploads/id"), "upload a id");
  EXPECT_EQ(told("/v2/a/referrers/sha256:ab"), "referrers a sha256:ab");
}

TEST(Route, NamesMayHavePartsThatArePlacesElsewhere) {
  EXPECT_EQ(told("/v2/tags/tags/list"), "tags tags");
  EXPECT_EQ(told("/v2/tags/list/tags/list"), "tags tags/list");
  EXPECT_EQ(told("/v2/manifests/manifests/manifests"), "manifest manifests manifests");
  EXPECT_EQ(told("/v2/a/blobs/uploads/manifests/1"), "manifest a/blobs/uploads 1");
  EXPECT_EQ(told("/v2/blobs/blobs/uploads/id"), "upload blobs id");
  EXPECT_EQ(told("/v2/blobs/uploads/blobs/uploads/"), "uploads blobs/uploads");
}

TEST(Route, IsNoneElsewhere) {
  for (const char* path : {"", "/", "/v1/a/tags/list", "/v2/a", "/v2//manifests/1", "/v2/manifests/1",
                           "/v2/blobs/uploads/", "/v2/a/tags", "/v2/a/uploads/id", "/v2/a/blobs%2Fsha256:ab",
                           "/v2/a/manifests/%zz", "/v2/a/manifests/%4", "v2/a/manifests/1"}) {
    EXPECT_EQ(told(path), "none") << path;
  }
}

TEST(RepositoryName, IsWhatTheSpecificationSays) {
  for (const char* good : {"a", "0", "a/b", "a.b", "a_b", "a__b", "a-b", "a-----b", "a1/b2.c3__d"}) {
    EXPECT_TRUE(is_repository_name(good)) << good;
  }
  for (const char* bad :
       {"", "/", "A", "a/", "/a", "a//b", "a..b", "a._b", "a___b", ".a", "a-", "a b", "ä", "a:b", "a@b"}) {
    EXPECT_FALSE(is_repository_name(bad)) << bad;
  }
  EXPECT_TRUE(is_repository_name(std::string(255, 'a')));
  EXPECT_FALSE(is_repository_name(std::string(256, 'a')));
}

}  // namespace
}  // namespace davit::registry
