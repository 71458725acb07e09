#include "transfer/copy.h"

#include "base/error.h"
#include "base/strings.h"
#include "policy/tag_rules.h"
#include "transfer/copy_content.h"
#include "transfer/copy_referrers.h"
#include "transfer/remote_graph.h"

namespace davit::transfer {

namespace {

using base::Code;
using base::Error;

class Copier {
 public:
  Copier(Registries& registries, const oci::Reference& source, const oci::Reference& target, const CopyOptions& options,
         Progress& progress)
      : source_(source),
        target_(target),
        options_(options),
        progress_(progress),
        from_(registries.location(source.repository())),
        route_{.from = *from_.client,
               .source = from_.repository,
               .to = registries.writing(target.repository()),
               .target = target.repository()},
        content_(route_, options.parallel_blobs, progress) {}

  oci::Descriptor copy() {
    if (source_ == target_ && !options_.platform) {
      throw Error::format(Code::kInvalidArgument, "source and target are the same: {}", source_.familiar());
    }
    const std::string name = source_.digest() ? source_.digest()->text() : *source_.tag();
    remote::RemoteManifest found = route_.from.get_manifest(route_.source, name);
    if (options_.platform) found = choose_platform(std::move(found));
    const oci::Descriptor top = found.descriptor;
    if (target_.digest() && *target_.digest() != top.digest) {
      throw Error::format(Code::kConflict, "{} is {}, not the {} that the target names", source_.familiar(),
                          top.digest.text(), target_.digest()->text());
    }
    check_release(top.digest);
    progress_.message(fmt::format("Copying {} to [{}]", source_.familiar(), target_.repository().text()));
    const RemoteGraph graph = fetch_graph(route_.from, route_.source, std::move(found));
    tell_platforms(graph.back());
    content_.copy(graph);
    if (options_.referrers) copy_referrers(graph);
    const std::string tag = target_.tag().value_or(top.digest.text());
    check_release(top.digest);
    content_.put(graph.back(), tag);
    progress_.message(fmt::format("{}: digest: {} size: {}", tag, top.digest.text(), graph.back().bytes.size()));
    return top;
  }

 private:
  // A full version that means another image stays, unless it is forced: docs/adr/0051.
  void check_release(const oci::Digest& after) {
    if (!target_.tag() || options_.force_tag || !policy::is_full_version(*target_.tag())) return;
    const auto head = route_.to.head_manifest(route_.target, *target_.tag());
    std::optional<oci::Digest> before;
    if (head) before = head->descriptor.digest;
    if (policy::judge_move(*target_.tag(), before, after) != policy::TagMove::kRelease) return;
    throw Error::format(Code::kConflict,
                        "{} is a released version and means {}: --force-tag would make it mean {}, for all who pull it",
                        target_.repository().familiar() + ":" + *target_.tag(), before->text(), after.text());
  }

  void tell_platforms(const RemoteNode& top) {
    if (top.manifest) return;
    const oci::Index index = oci::Index::parse(top.bytes, top.descriptor.media_type);
    progress_.message(fmt::format("All platforms: {}", index.platforms_text()));
  }

  // The manifest for the wanted platform: of an index the one it lists, of a manifest itself when it is for it.
  remote::RemoteManifest choose_platform(remote::RemoteManifest found) {
    const oci::Platform wanted = options_.platform->normalized();
    if (oci::media_type::is_index(found.descriptor.media_type)) {
      const oci::Index index = oci::Index::parse(found.bytes, found.descriptor.media_type);
      const oci::Descriptor* chosen = index.choose(wanted);
      if (chosen == nullptr) {
        throw Error::format(Code::kNotFound,
                            "no matching manifest for {} in the manifest list entries: {} is there for {}",
                            wanted.text(), source_.familiar(), index.platforms_text());
      }
      remote::RemoteManifest manifest = fetch_manifest(route_.from, route_.source, *chosen);
      if (!chosen->platform) require_platform(manifest, wanted);
      progress_.message(fmt::format("Of {} the manifest for {} alone: its digest is {}, the index's is {}",
                                    source_.familiar(), wanted.text(), manifest.descriptor.digest.text(),
                                    found.descriptor.digest.text()));
      return manifest;
    }
    require_platform(found, wanted);
    return found;
  }

  void require_platform(const remote::RemoteManifest& found, const oci::Platform& wanted) {
    const auto config =
        fetch_config(route_.from, route_.source, oci::Manifest::parse(found.bytes, found.descriptor.media_type));
    if (config && oci::match(wanted, config->platform)) return;
    throw Error::format(
        Code::kNotFound,
        "image with reference {} was found but its platform ({}) does not match the specified platform ({})",
        source_.familiar(), config ? base::printable(config->platform.text()) : "none", wanted.text());
  }

  // They refer to what must be there for them: so it comes first, by its digest.
  void copy_referrers(const RemoteGraph& graph) {
    content_.put(graph.back(), graph.back().descriptor.digest.text());
    const std::size_t count = ReferrersCopier(route_, content_, progress_).copy(graph);
    if (count == 0) progress_.message("There are no signatures or SBOMs of " + source_.familiar());
  }

  const oci::Reference& source_;
  const oci::Reference& target_;
  const CopyOptions& options_;
  Progress& progress_;
  const Registries::Place from_;
  const CopyRoute route_;
  ContentCopier content_;
};

}  // namespace

oci::Descriptor copy(Registries& registries, const oci::Reference& source, const oci::Reference& target,
                     const CopyOptions& options, Progress& progress) try {
  return Copier(registries, source, target, options, progress).copy();
} catch (Error& e) {
  e.add_frame("while copying '{}' to '{}'", source.familiar(), target.familiar());
  throw;
}

}  // namespace davit::transfer
