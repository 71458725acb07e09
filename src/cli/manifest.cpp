#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "docker/json_indent.h"
#include "docker/json_text.h"
#include "transfer/remote_graph.h"

namespace davit::cli {

namespace {

namespace json = boost::json;

// As docker's client indents a manifest, and an index.
constexpr std::string_view kTab = "\t", kThreeBlanks = "   ";

json::object platform_json(const oci::Platform& platform) {
  json::object out{{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.os_version.empty()) out["os.version"] = platform.os_version;
  if (!platform.variant.empty()) out["variant"] = platform.variant;
  return out;
}

// One manifest with what docker's --verbose tells of it. `manifest` is the document itself, not yet laid out.
std::string verbose_json(const std::string& name, const remote::RemoteManifest& found,
                         const std::optional<oci::Platform>& platform) {
  const oci::Descriptor& descriptor = found.descriptor;
  json::object shown{
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.text()}, {"size", found.bytes.size()}};
  if (platform) shown["platform"] = platform_json(*platform);
  const bool is_docker = descriptor.media_type == oci::media_type::kDockerManifest;
  return "{\"Ref\":" + docker::to_line(json::value(name)) + ",\"Descriptor\":" + docker::to_line(shown) +
         ",\"Raw\":\"" + base::to_base64(found.bytes) + "\",\"" + (is_docker ? "SchemaV2Manifest" : "OCIManifest") +
         "\":" + found.bytes + "}";
}

class Inspection {
 public:
  Inspection(remote::RegistryClient& client, const oci::Reference& reference)
      : client_(client), reference_(reference), repository_(reference_.repository()) {}

  std::string text(bool verbose) {
    const std::string name = reference_.digest() ? reference_.digest()->text() : *reference_.tag();
    const remote::RemoteManifest found = client_.get_manifest(repository_, name);
    const std::string& type = found.descriptor.media_type;
    if (oci::media_type::is_index(type)) {
      const oci::Index index = oci::Index::parse(found.bytes, type);
      return verbose ? docker::indent_json(all_of(index), kTab) : docker::indent_json(found.bytes, kThreeBlanks);
    }
    const oci::Manifest manifest = oci::Manifest::parse(found.bytes, type);
    if (!verbose) return docker::indent_json(found.bytes, kTab);
    return docker::indent_json(verbose_json(reference_.text(), found, platform_of(manifest)), kTab);
  }

 private:
  std::string all_of(const oci::Index& index) {
    std::string out;
    for (const oci::Descriptor& child : index.manifests) {
      const auto found = transfer::fetch_manifest(client_, repository_, child);
      out += (out.empty() ? "[" : ",") +
             verbose_json(reference_.text() + "@" + child.digest.text(), found, child.platform);
    }
    return out.empty() ? "[]" : out + "]";
  }

  std::optional<oci::Platform> platform_of(const oci::Manifest& manifest) {
    const auto config = transfer::fetch_config(client_, repository_, manifest);
    if (!config) return std::nullopt;
    return config->platform;
  }

  remote::RegistryClient& client_;
  const oci::Reference reference_;
  const oci::RepositoryName& repository_;
};

}  // namespace

int run_manifest_inspect(Context& context, const Arguments& arguments) {
  const std::string& text = arguments.positional().back();
  const oci::Reference reference = on_client_side([&] { return oci::Reference::parse_tagged(text); });
  if (arguments.positional().size() == 2) {
    // Docker keeps lists that 'manifest create' made; there are none here.
    on_client_side([&] { return oci::Reference::parse_tagged(arguments.positional()[0]); });
    throw ClientError("No such manifest: " + reference.text(), base::Code::kNotFound);
  }
  const auto registries = context.make_registries(arguments.flag("insecure"));
  const auto place = registries->location(reference.repository());
  const oci::Reference there = reference.digest() ? oci::Reference::with_digest(place.repository, *reference.digest())
                                                  : oci::Reference::with_tag(place.repository, *reference.tag());
  try {
    print_line(Inspection(*place.client, there).text(arguments.flag("verbose")));
  } catch (const base::Error& error) {
    if (error.code() != base::Code::kNotFound) throw;
    throw ClientError("no such manifest: " + reference.familiar(), base::Code::kNotFound);
  }
  return 0;
}

int run_manifest_refused(Context&, const Arguments& arguments) {
  throw ClientError(fmt::format("davit does not make manifest lists: '{}' is refused. 'davit copy' brings one from "
                                "registry to registry, 'davit manifest inspect' shows one",
                                arguments.command().name),
                    base::Code::kNotSupported);
}

}  // namespace davit::cli
