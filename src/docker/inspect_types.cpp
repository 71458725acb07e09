#include "docker/inspect_types.h"

#include <boost/json.hpp>

#include "docker/go_types.h"

namespace davit::docker {

namespace {

using namespace go_types;

const Type& bytes() {
  static const Type slice = slice_of(text::types::kUint8);
  return slice;
}

const Type& descriptor_pointer() {
  static const Type digest = named_text("digest.Digest");
  static const Type platform = structure(
      "v1.Platform", {as("Architecture", "architecture", text_type()), as("OS", "os", text_type()),
                      as("OSVersion", "os.version", text_type(), true), as("OSFeatures", "os.features", texts(), true),
                      as("Variant", "variant", text_type(), true)});
  static const Type platform_pointer = pointer_to(platform);
  static const Type descriptor =
      structure("v1.Descriptor",
                {as("MediaType", "mediaType", text_type()), as("Digest", "digest", digest), as("Size", "size", size()),
                 as("URLs", "urls", texts(), true), as("Annotations", "annotations", labels(), true),
                 as("Data", "data", bytes(), true), as("Platform", "platform", platform_pointer, true),
                 as("ArtifactType", "artifactType", text_type(), true)});
  static const Type pointer = pointer_to(descriptor);
  return pointer;
}

const Type& health_pointer(const std::string& name) {
  static const Type health =
      structure(name, {may_lack("Test", texts()), may_lack("Interval", text::types::kDuration),
                       may_lack("Timeout", text::types::kDuration), may_lack("StartPeriod", text::types::kDuration),
                       may_lack("StartInterval", text::types::kDuration), may_lack("Retries", number())});
  static const Type pointer = pointer_to(health);
  return pointer;
}

const Type& image_config_pointer() {
  using text::types::kSet;
  static const Type config = structure(
      "v1.ImageConfig", {may_lack("User", text_type()), may_lack("ExposedPorts", kSet), may_lack("Env", texts()),
                         may_lack("Entrypoint", texts()), may_lack("Cmd", texts()), may_lack("Volumes", kSet),
                         may_lack("WorkingDir", text_type()), may_lack("Labels", labels()),
                         may_lack("StopSignal", text_type()), may_lack("ArgsEscaped", flag())});
  static const Type extension =
      structure("v1.DockerOCIImageConfigExt", {may_lack("Healthcheck", health_pointer("v1.HealthcheckConfig")),
                                               may_lack("OnBuild", texts()), may_lack("Shell", texts())});
  static const Type whole = structure(
      "v1.DockerOCIImageConfig", {embedded("ImageConfig", config), embedded("DockerOCIImageConfigExt", extension)});
  static const Type pointer = pointer_to(whole);
  return pointer;
}

}  // namespace

const Type& image_inspect_type() {
  static const Type manifest =
      structure("image.ManifestSummary", {as("ID", "ID", text_type()), field("Available", flag())});
  static const Type manifests = slice_of(manifest);
  static const Type root = structure("image.RootFS", {may_lack("Type", text_type()), may_lack("Layers", texts())});
  static const Type metadata = structure("image.Metadata", {may_lack("LastTagTime", text::types::kTime)});
  static const Type image = structure("image.InspectResponse", {as("ID", "Id", text_type()),
                                                                field("RepoTags", texts()),
                                                                field("RepoDigests", texts()),
                                                                field("Parent", text_type()),
                                                                field("Comment", text_type()),
                                                                may_lack("Created", text_type()),
                                                                may_lack("Container", text_type()),
                                                                may_lack("ContainerConfig", container_config_pointer()),
                                                                field("DockerVersion", text_type()),
                                                                field("Author", text_type()),
                                                                field("Config", image_config_pointer()),
                                                                field("Architecture", text_type()),
                                                                may_lack("Variant", text_type()),
                                                                field("Os", text_type()),
                                                                may_lack("OsVersion", text_type()),
                                                                field("Size", size()),
                                                                may_lack("VirtualSize", size()),
                                                                field("GraphDriver", driver_data()),
                                                                field("RootFS", root),
                                                                field("Metadata", metadata),
                                                                may_lack("Descriptor", descriptor_pointer()),
                                                                may_lack("Manifests", manifests)});
  return image;
}

const Type& version_type() {
  static const Type platform = structure("system.platformInfo", {may_lack("Name", text_type())});
  static const Type platform_pointer = pointer_to(platform);
  static const Type client =
      structure("system.clientVersion",
                {may_lack("Platform", platform_pointer), may_lack("Version", text_type()),
                 as("APIVersion", "ApiVersion", text_type(), true), may_lack("DefaultAPIVersion", text_type()),
                 may_lack("GitCommit", text_type()), may_lack("GoVersion", text_type()), may_lack("Os", text_type()),
                 may_lack("Arch", text_type()), may_lack("BuildTime", text_type()), field("Context", text_type())});
  static const Type component =
      structure("types.ComponentVersion",
                {field("Name", text_type()), field("Version", text_type()), may_lack("Details", labels())});
  static const Type components = slice_of(component);
  static const Type server_platform = structure("struct { Name string }", {field("Name", text_type())});
  static const Type server =
      structure("types.Version", {may_lack("Platform", server_platform), may_lack("Components", components),
                                  field("Version", text_type()), as("APIVersion", "ApiVersion", text_type()),
                                  may_lack("MinAPIVersion", text_type()), field("GitCommit", text_type()),
                                  field("GoVersion", text_type()), field("Os", text_type()), field("Arch", text_type()),
                                  may_lack("KernelVersion", text_type()), may_lack("Experimental", flag()),
                                  may_lack("BuildTime", text_type())});
  static const Type server_pointer = pointer_to(server);
  static const Type whole = structure("system.versionInfo", {field("Client", client), field("Server", server_pointer)});
  return whole;
}

ObjectType::ObjectType(std::string name, const boost::json::object& object) {
  type_ = structure(std::move(name), {});
  for (const auto& [key, value] : object) {
    const Type* type = &text::types::kAny;
    if (value.is_string()) type = &text_type();
    if (value.is_bool()) type = &flag();
    if (value.is_int64() || value.is_uint64()) type = &size();
    if (value.is_array() && (value.as_array().empty() || value.as_array().front().is_string())) type = &texts();
    type_.fields.push_back(field(std::string(key), *type));
  }
}

}  // namespace davit::docker
