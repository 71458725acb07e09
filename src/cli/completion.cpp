// `completion`, and `internal complete`, which the scripts call at each press of the key: quick, silent, and without
// making a store.

#include <set>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/complete.h"
#include "cli/completion_scripts.h"
#include "cli/context.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

void add_images(Context& context, const std::string& prefix, std::vector<Candidate>& candidates) {
  for (const store::Tag& tag : context.images().list_tags()) {
    if (tag.reference.digest() && prefix.find('@') == std::string::npos) continue;
    const std::string short_name = tag.reference.familiar();
    candidates.push_back({short_name, tag.image.short_hex()});
    // A user may type the name in full.
    if (const std::string full = tag.reference.text(); full != short_name && !prefix.empty()) {
      candidates.push_back({full, tag.image.short_hex()});
    }
  }
  if (prefix.empty() || !is_hex(prefix)) return;
  for (const store::ImageRecord& image : context.images().find_images_by_prefix(prefix)) {
    candidates.push_back(
        {prefix.size() <= image.id.short_hex().size() ? image.id.short_hex() : image.id.hex(), "image"});
  }
}

void add_containers(Context& context, const std::string& prefix, std::vector<Candidate>& candidates) {
  for (const container::Container& one : context.containers().list()) {
    candidates.push_back({one.name(), one.record.description.image_reference});
    if (!prefix.empty() && is_hex(prefix)) candidates.push_back({one.id().substr(0, 12), one.name()});
  }
}

void add_registries(Context& context, std::vector<Candidate>& candidates) {
  std::set<std::string> hosts;
  for (const auto& [host, settings] : context.settings().registries) hosts.insert(host);
  for (const store::Tag& tag : context.images().list_tags()) hosts.insert(tag.reference.repository().domain());
  for (const std::string& host : hosts) candidates.push_back({host});
}

// What the store holds; nothing where there is none, or where it cannot be read.
std::vector<Candidate> list(Context& context, Completes kind, const std::string& prefix) {
  std::vector<Candidate> candidates;
  const bool has_store = std::filesystem::exists(context.settings().root / "version");
  base::log::set_level(base::log::Level::kOff);  // whatever the settings say
  if (!has_store) return candidates;
  if (kind == Completes::kImages || kind == Completes::kObjects) add_images(context, prefix, candidates);
  if (kind == Completes::kContainers || kind == Completes::kObjects) add_containers(context, prefix, candidates);
  if (kind == Completes::kVolumes) {
    for (const auto& volume : context.containers().volumes().list()) candidates.push_back({.text = volume.name});
  }
  if (kind == Completes::kNetworks) {
    for (const auto& network : context.networks().networks().list()) candidates.push_back({.text = network.name});
  }
  if (kind == Completes::kRegistries) add_registries(context, candidates);
  return candidates;
}

// A path as the user typed it: a shell that completes has not replaced its "~" yet.
std::filesystem::path typed_path(const std::string& text) {
  const char* home = std::getenv("HOME");
  return home != nullptr && text.starts_with("~/") ? home + text.substr(1) : text;
}

}  // namespace

int run_completion(Context&, const Arguments& arguments) {
  const std::string& shell = arguments.positional()[0];
  const std::string_view script = completion_script(shell);
  if (script.empty()) throw ClientError(fmt::format("no completion for the shell '{}': use bash, zsh or fish", shell));
  print(script);
  return 0;
}

int run_internal_complete(Context& context, const Arguments& arguments) {
  const CompletionSources sources = {.list = [&](Completes kind, const std::string& root, const std::string& config,
                                                 const std::string& prefix) -> std::vector<Candidate> {
    try {
      if (root.empty() && config.empty()) return list(context, kind, prefix);
      GlobalOptions options = context.options();
      if (!root.empty()) options.root = typed_path(root);
      if (!config.empty()) options.config = typed_path(config);
      Context other(options);
      return list(other, kind, prefix);
    } catch (const std::exception&) {
      return {};  // the line is not disturbed by what the command itself will tell
    }
  }};
  const Completion completion = complete(arguments.positional(), sources);
  for (const Candidate& candidate : completion.candidates) {
    print(candidate.text);
    if (!candidate.help.empty()) print("\t" + candidate.help);
    print("\n");
  }
  if (completion.files) print_line(":files");
  return 0;
}

}  // namespace davit::cli
