// registry ls, rm, du, fsck: on the store itself, also while it serves.

#include "base/error.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/registry_settings.h"
#include "registry/route.h"
#include "registry/store.h"
#include "registry/store_check.h"
#include "text/size.h"
#include "text/table.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kPage = 10'000;

// A store is opened, not made, by those who only look.
registry::Store open_existing(const Arguments& arguments) {
  const auto settings = registry_settings(arguments);
  if (!std::filesystem::exists(settings.root / "registry.db"))
    throw Error::format(Code::kNotFound, "{} is no registry's folder", settings.root.string());
  return registry::open_store(settings.root);
}

struct Target {
  std::string repository, tag;
  std::optional<oci::Digest> digest;
};

Target parse_target(const std::string& text) {
  Target target{text, {}, {}};
  if (const std::size_t at = text.find('@'); at != std::string::npos) {
    target.digest = oci::Digest::parse(text.substr(at + 1));
    target.repository = text.substr(0, at);
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    target.tag = text.substr(colon + 1);
    target.repository = text.substr(0, colon);
  }
  if (!registry::is_repository_name(target.repository))
    throw Error::format(Code::kInvalidArgument, "invalid repository name '{}'", base::printable(target.repository));
  return target;
}

bool remove(registry::Metadata& metadata, const Target& target) {
  constexpr const char* kBy = "davit registry rm";
  if (target.digest) return metadata.remove_manifest(target.repository, *target.digest, kBy);
  if (!target.tag.empty()) return metadata.remove_tag(target.repository, target.tag, kBy);
  return metadata.remove_repository(target.repository);
}

void print_quotas(const std::vector<registry::QuotaUse>& quotas) {
  if (quotas.empty()) return;
  text::Table table({"QUOTA OF", "USED", "LIMIT"});
  for (const auto& [quota, used] : quotas)
    table.add_row({quota.repositories, text::human_size(used), text::human_size(quota.bytes)});
  print(table.text());
}

template <typename Next>
void print_all(const Next& next) {
  std::string last;
  while (true) {
    const std::vector<std::string> names = next(last);
    if (names.empty()) return;
    for (const auto& name : names) print_line(name);
    last = names.back();
  }
}

}  // namespace

registry::Settings registry_settings(const Arguments& arguments) {
  auto settings = config::load_registry(
      arguments.given("config") ? std::optional<std::filesystem::path>(arguments.text("config")) : std::nullopt);
  if (arguments.given("root")) settings.root = std::filesystem::absolute(arguments.text("root"));
  return settings;
}

int run_registry_ls(Context&, const Arguments& arguments) {
  const auto store = open_existing(arguments);
  if (arguments.positional().empty()) {
    print_all([&](const std::string& last) { return store.metadata->repositories(last, kPage); });
    return 0;
  }
  const std::string& repository = arguments.positional()[0];
  if (!store.metadata->has_repository(repository))
    throw Error::format(Code::kNotFound, "No such repository: {}", base::printable(repository));
  print_all([&](const std::string& last) { return store.metadata->tags(repository, last, kPage); });
  return 0;
}

int run_registry_rm(Context& context, const Arguments& arguments) {
  const auto store = open_existing(arguments);
  int code = 0;
  for (const auto& text : arguments.positional()) {
    try {
      if (!remove(*store.metadata, parse_target(text)))
        throw Error::format(Code::kNotFound, "{} is not in the registry", base::printable(text));
      print_line(text);
    } catch (const Error& error) {
      print_error("Error: " + error.message());
      print_frames(error, context.options().debug);
      code = 1;
    }
  }
  return code;
}

int run_registry_du(Context&, const Arguments& arguments) {
  const auto store = open_existing(arguments);
  text::Table table({"REPOSITORY", "TAGS", "MANIFESTS", "BLOBS", "SIZE"});
  for (const auto& row : store.metadata->usage()) {
    table.add_row({row.name, std::to_string(row.tags), std::to_string(row.manifests), std::to_string(row.blobs),
                   text::human_size(row.bytes)});
  }
  print(table.text());
  print_quotas(store.metadata->quotas());
  std::uint64_t blobs = 0, bytes = 0;
  for (const auto& [digest, size] : store.metadata->all_blobs()) {
    ++blobs;
    bytes += size;
  }
  print_line(fmt::format("Shared blobs once: {} blobs, {}", blobs, text::human_size(bytes)));
  return 0;
}

int run_registry_fsck(Context&, const Arguments& arguments) {
  const auto store = open_existing(arguments);
  const auto report = registry::check_store(store, arguments.flag("remove-orphans"));
  for (const auto& problem : report.problems) print_error(problem);
  print_line(fmt::format("{} blobs checked, {} damaged or missing, {} named by nothing{}", report.checked,
                         report.problems.size(), report.orphans, report.removed ? ", which were removed" : ""));
  return report.problems.empty() ? 0 : 1;
}

}  // namespace davit::cli
