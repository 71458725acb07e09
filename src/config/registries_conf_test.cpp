#include "config/registries_conf.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/log.h"

namespace davit::config {
namespace {

namespace fs = base::fs;
using remote::MirrorUse;

RegistriesConf parsed(std::string_view text) {
  RegistriesConf conf;
  conf.add(text, "r.conf");
  return conf;
}

std::string refusal(std::string_view text) {
  try {
    parsed(text);
  } catch (const base::Error& e) {
    return e.message();
  }
  return "accepted";
}

TEST(RegistriesConfTest, EveryKeyIsRead) {
  const RegistriesConf conf = parsed(R"(
unqualified-search-registries = ["docker.io"]
short-name-mode = "enforcing"
credential-helpers = ["containers-auth.json"]
[[registry]]
prefix = "example.com/foo"
location = "internal.example/bar/"
insecure = true
blocked = false
[[registry.mirror]]
location = "m.example:5000/foo"
insecure = true
[[registry.mirror]]
location = "n.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "o.example"
pull-from-mirror = "tag-only"
[[registry]]
location = "docker.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example"
[[registry]]
prefix = "*.evil.example"
blocked = true
[aliases]
"app" = "r.example/team/app"
)");
  ASSERT_EQ(conf.rules.size(), 3U);
  const remote::RegistryRule& foo = conf.rules[0];
  EXPECT_EQ(foo.prefix, "example.com/foo");
  EXPECT_EQ(foo.location, "internal.example/bar");
  EXPECT_EQ(foo.insecure, true);
  EXPECT_EQ(foo.blocked, false);
  EXPECT_EQ(foo.mirrors, (std::vector<remote::MirrorRule>{
                             {.location = "m.example:5000/foo", .insecure = true, .use = MirrorUse::kAll},
                             {.location = "n.example", .insecure = {}, .use = MirrorUse::kByDigest},
                             {.location = "o.example", .insecure = {}, .use = MirrorUse::kByTag}}));
  EXPECT_EQ(conf.rules[1].prefix, "docker.io");
  EXPECT_EQ(conf.rules[1].location, std::nullopt);
  EXPECT_EQ(conf.rules[1].mirrors->at(0).use, MirrorUse::kByDigest);
  EXPECT_EQ(conf.rules[2].blocked, true);
  EXPECT_EQ(conf.aliases.at("app").name, "r.example/team/app");
  EXPECT_EQ(conf.aliases.at("app").source, "r.conf");
}

TEST(RegistriesConfTest, UnknownKeysAreNoErrors) {
  base::log::set_level(base::log::Level::kOff);
  EXPECT_EQ(refusal("new-key = 1\n[[registry]]\nlocation = \"r.example\"\nother = 2"), "accepted");
  base::log::set_level(base::log::Level::kWarning);
}

TEST(RegistriesConfTest, MistakesNameTheirLine) {
  EXPECT_EQ(refusal("[[registry]]\nblocked = true"), "r.conf:1: both location and prefix are unset");
  EXPECT_EQ(refusal("[[registry]]\nlocation = \"https://r.example\"").substr(0, 26), "r.conf:2: invalid location");
  EXPECT_EQ(refusal("[[registry]]\nprefix = \"r.example/x:tag\"").substr(0, 24), "r.conf:1: invalid prefix");
  EXPECT_EQ(refusal("[[registry]]\nprefix = \"*.example.com/x\"").substr(0, 24), "r.conf:1: invalid prefix");
  EXPECT_EQ(refusal("[[registry]]\nlocation = 3"), "r.conf:2: expected a text in quotes");
  EXPECT_EQ(refusal("[registry]\nlocation = \"r.example\""), "r.conf:1: expected a list of tables");
  EXPECT_EQ(refusal("[[registry]]\nlocation = \"r.example\"\n[[registry.mirror]]\ninsecure = true"),
            "r.conf:3: a mirror has no location");
  EXPECT_EQ(refusal("[[registry]]\nlocation = \"r.example\"\n[[registry.mirror]]\nlocation = \"m.example\"\n"
                    "pull-from-mirror = \"some\""),
            "r.conf:5: expected \"all\", \"digest-only\" or \"tag-only\"");
  EXPECT_NE(refusal("[[registry]]\nlocation = \"r.example\"\nmirror-by-digest-only = true\n[[registry.mirror]]\n"
                    "location = \"m.example\"\npull-from-mirror = \"all\"")
                .find("mirror-by-digest-only"),
            std::string::npos);
  EXPECT_TRUE(refusal("[[registry").starts_with("r.conf:1: "));
}

TEST(RegistriesConfTest, AliasesAreShortNamesOfWholeOnes) {
  for (const char* bad :
       {"\"r.example/app\" = \"r.example/x\"", "\"app:1\" = \"r.example/x\"", "\"app\" = \"r.example/x:1\"",
        "\"app\" = \"x\"", "\"app\" = 1", "\"library/app\" = \"r.example/x\""})
    EXPECT_NE(refusal(std::string("[aliases]\n") + bad), "accepted") << bad;
  EXPECT_EQ(refusal("[aliases]\n\"team/app\" = \"r.example/x\""), "accepted");
}

TEST(RegistriesConfTest, TheOldFormatIsRefusedByName) {
  EXPECT_NE(refusal("[registries.search]\nregistries = ['r.example']").find("version 1 format"), std::string::npos);
}

TEST(RegistriesConfTest, ALaterFileReplacesPrefixesAndErasesAliases) {
  RegistriesConf conf = parsed(
      "[[registry]]\nlocation = \"a.example\"\n[[registry]]\nlocation = \"b.example\"\n"
      "[aliases]\n\"x\" = \"r.example/x\"\n\"y\" = \"r.example/y\"");
  conf.add("[[registry]]\nprefix = \"a.example\"\nblocked = true\n[aliases]\n\"x\" = \"\"\n\"y\" = \"s.example/y\"",
           "d.conf");
  ASSERT_EQ(conf.rules.size(), 2U);
  EXPECT_EQ(conf.rules[1].prefix, "a.example");
  EXPECT_EQ(conf.rules[1].source, "d.conf");
  EXPECT_FALSE(conf.aliases.contains("x"));
  EXPECT_EQ(conf.aliases.at("y").name, "s.example/y");
}

class RegistriesConfPlacesTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& host) {
    const std::filesystem::path path = folder_.path() / name;
    fs::make_directories(path.parent_path());
    fs::write_file(path, "[[registry]]\nlocation = \"" + host + "\"\n");
  }
  std::string loaded(const RegistriesConfPlaces& places) {
    std::string prefixes;
    for (const auto& rule : load_registries_conf(places).rules) prefixes += rule.prefix + " ";
    return prefixes;
  }
  fs::TemporaryDirectory folder_{testing::TempDir()};
  RegistriesConfPlaces places_{.system = folder_.path() / "etc", .user = folder_.path() / "home", .file = {}};
};

TEST_F(RegistriesConfPlacesTest, NothingIsFine) { EXPECT_EQ(loaded(places_), ""); }

TEST_F(RegistriesConfPlacesTest, TheSystemsThenItsDropInsThenTheUsers) {
  write("etc/registries.conf", "a.example");
  write("etc/registries.conf.d/2.conf", "c.example");
  write("etc/registries.conf.d/1.conf", "b.example");
  write("etc/registries.conf.d/other.txt", "x.example");
  write("home/registries.conf.d/1.conf", "d.example");
  EXPECT_EQ(loaded(places_), "a.example b.example c.example d.example ");
}

TEST_F(RegistriesConfPlacesTest, TheUsersFileStandsInTheSystemsPlace) {
  write("etc/registries.conf", "a.example");
  write("etc/registries.conf.d/1.conf", "b.example");
  write("home/registries.conf", "c.example");
  write("home/registries.conf.d/1.conf", "d.example");
  EXPECT_EQ(loaded(places_), "c.example d.example ");
}

TEST_F(RegistriesConfPlacesTest, ANamedFileStandsAloneAndMustExist) {
  write("etc/registries.conf", "a.example");
  write("mine", "b.example");
  places_.file = folder_.path() / "mine";
  EXPECT_EQ(loaded(places_), "b.example ");
  places_.file = folder_.path() / "missing";
  EXPECT_THROW(loaded(places_), base::Error);
}

}  // namespace
}  // namespace davit::config
