#include "config/registries_conf.h"

#include <algorithm>
#include <cstdlib>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "config/toml_reader.h"
#include "oci/reference.h"

namespace davit::config {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

// The value of a key that containers' readers take with a slash at its end.
std::string name_text(const TomlReader& reader, const toml::node& node) {
  std::string text = reader.text(node);
  while (text.ends_with('/')) text.pop_back();
  return text;
}

std::string location(const TomlReader& reader, const toml::node& node) {
  std::string text = name_text(reader, node);
  if (!text.empty() && !remote::is_valid_location(text))
    reader.refuse(node, "invalid location: expected HOST[:PORT][/PATH] without scheme, tag or digest");
  return text;
}

std::optional<remote::MirrorUse> mirror_use(const TomlReader& reader, const toml::node& node) {
  const std::string text = reader.text(node);
  if (text.empty()) return std::nullopt;
  if (text == "all") return remote::MirrorUse::kAll;
  if (text == "digest-only") return remote::MirrorUse::kByDigest;
  if (text == "tag-only") return remote::MirrorUse::kByTag;
  reader.refuse(node, "expected \"all\", \"digest-only\" or \"tag-only\"");
}

remote::MirrorRule read_mirror(const TomlReader& reader, const toml::node& node, bool by_digest_only) {
  remote::MirrorRule mirror;
  std::optional<remote::MirrorUse> use;
  reader.apply(reader.table(node), "registry.mirror.",
               {
                   {"location", [&](const auto& value) { mirror.location = location(reader, value); }},
                   {"insecure", [&](const auto& value) { mirror.insecure = reader.boolean(value); }},
                   {"pull-from-mirror", [&](const auto& value) { use = mirror_use(reader, value); }},
               });
  if (mirror.location.empty()) reader.refuse(node, "a mirror has no location");
  if (use && by_digest_only)
    reader.refuse(node,
                  "cannot set mirror-by-digest-only for the registry and pull-from-mirror for one of its mirrors");
  mirror.use = by_digest_only ? remote::MirrorUse::kByDigest : use.value_or(remote::MirrorUse::kAll);
  return mirror;
}

remote::RegistryRule read_registry(const TomlReader& reader, const toml::node& node) {
  remote::RegistryRule rule;
  rule.source = reader.file();
  bool by_digest_only = false;
  const toml::node* mirrors = nullptr;
  reader.apply(reader.table(node), "registry.",
               {
                   {"prefix", [&](const auto& value) { rule.prefix = name_text(reader, value); }},
                   {"location",
                    [&](const auto& value) {
                      if (const std::string text = location(reader, value); !text.empty()) rule.location = text;
                    }},
                   {"insecure", [&](const auto& value) { rule.insecure = reader.boolean(value); }},
                   {"blocked", [&](const auto& value) { rule.blocked = reader.boolean(value); }},
                   {"mirror-by-digest-only", [&](const auto& value) { by_digest_only = reader.boolean(value); }},
                   {"mirror", [&](const auto& value) { mirrors = &value; }},
               });
  if (rule.prefix.empty() && !rule.location) reader.refuse(node, "both location and prefix are unset");
  if (rule.prefix.empty()) rule.prefix = *rule.location;
  if (!remote::is_valid_prefix(rule.prefix)) {
    reader.refuse(node, "invalid prefix: expected HOST[:PORT][/PATH] without scheme, tag or digest, or *.DOMAIN");
  }
  if (rule.location == rule.prefix) rule.location.reset();
  if (mirrors != nullptr) {
    rule.mirrors.emplace();
    for (const toml::node& mirror : reader.array(*mirrors, "tables")) {
      rule.mirrors->push_back(read_mirror(reader, mirror, by_digest_only));
    }
  }
  return rule;
}

// A short name as the user types it: of Docker Hub by docker's rule, without tag and digest.
bool is_short_name(const std::string& text) {
  try {
    const oci::Reference reference = oci::Reference::parse(text);
    const oci::RepositoryName& name = reference.repository();
    return !reference.tag() && !reference.digest() && name.domain() == "docker.io" && name.familiar() == text;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void RegistriesConf::add(std::string_view text, const std::string& file) {
  const TomlReader reader(file, TomlReader::Unknown::kWarn);
  const toml::table top = reader.parse(text);
  const auto pass_over = [](const toml::node&) {};
  std::vector<remote::RegistryRule> added;
  const auto read_alias = [&](const std::string& name, const toml::node& node) {
    const std::string target = reader.text(node);
    if (!is_short_name(name)) reader.refuse(node, "an alias must be a short name, without registry, tag and digest");
    if (target.empty()) {
      aliases.erase(name);
    } else if (target.find('/') == std::string::npos || !remote::is_valid_location(target)) {
      reader.refuse(node, "an alias must mean a whole name with its registry, without tag and digest");
    } else {
      aliases[name] = {.name = target, .source = file};
    }
  };
  reader.apply(top, "",
               {
                   {"unqualified-search-registries", pass_over},
                   {"short-name-mode", pass_over},
                   {"credential-helpers", pass_over},
                   {"additional-layer-store-auth-helper", pass_over},
                   {"registries",
                    [&](const toml::node& node) {
                      throw Error::format(Code::kNotSupported,
                                          "{}: the version 1 format ([registries.search], [registries.insecure], "
                                          "[registries.block]) is not supported: write [[registry]] tables",
                                          reader.place(node));
                    }},
                   {"registry",
                    [&](const toml::node& node) {
                      for (const toml::node& one : reader.array(node, "tables"))
                        added.push_back(read_registry(reader, one));
                    }},
                   {"aliases",
                    [&](const toml::node& node) {
                      for (const auto& [key, target] : reader.table(node)) read_alias(std::string(key.str()), target);
                    }},
               });
  std::erase_if(rules, [&added](const remote::RegistryRule& old) {
    return std::any_of(added.begin(), added.end(), [&old](const auto& rule) { return rule.prefix == old.prefix; });
  });
  for (auto& rule : added) rules.push_back(std::move(rule));
}

RegistriesConfPlaces RegistriesConfPlaces::from_environment() {
  RegistriesConfPlaces places;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    places.user = std::filesystem::path(home) / ".config" / "containers";
  if (const char* file = std::getenv("CONTAINERS_REGISTRIES_CONF"); file != nullptr && *file != '\0')
    places.file = file;
  return places;
}

RegistriesConf load_registries_conf(const RegistriesConfPlaces& places) {
  RegistriesConf conf;
  const auto add_file = [&conf](const std::filesystem::path& file) {
    const auto text = base::fs::read_file_if_exists(file, kMaxFileBytes);
    if (text) conf.add(*text, file.string());
    return text.has_value();
  };
  const auto add_folder = [&](const std::filesystem::path& folder) {
    if (!base::fs::is_directory(folder)) return;
    for (const std::string& name : base::fs::list(folder)) {
      if (name.ends_with(".conf") && !base::fs::is_directory(folder / name)) add_file(folder / name);
    }
  };
  if (places.file) {
    if (!add_file(*places.file))
      throw Error::format(Code::kNotFound, "{}, which CONTAINERS_REGISTRIES_CONF names: no such file",
                          places.file->string());
    return conf;
  }
  if (!places.user || !add_file(*places.user / "registries.conf")) {
    add_file(places.system / "registries.conf");
    add_folder(places.system / "registries.conf.d");
  }
  if (places.user) add_folder(*places.user / "registries.conf.d");
  return conf;
}

}  // namespace davit::config
