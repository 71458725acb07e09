#include <algorithm>

#include "base/fs/file.h"
#include "base/strings.h"
#include "build/builder.h"
#include "cli/arguments.h"
#include "cli/build_input.h"
#include "cli/build_progress.h"
#include "cli/context.h"
#include "cli/csv_fields.h"
#include "cli/flag_values.h"
#include "cli/output.h"
#include "cli/platform.h"
#include "cli/progress.h"
#include "dockerfile/source.h"

namespace davit::cli {

namespace {

build::Texts build_args(const Arguments& arguments) {
  build::Texts args;
  for (const auto& line : arguments.list("build-arg")) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) {
      args[line.substr(0, equals)] = line.substr(equals + 1);
    } else if (const char* value = std::getenv(line.c_str())) {
      args[line] = value;
    }
  }
  return args;
}

void add_context(const std::string& text, build::BuildRequest& request) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw ClientError("invalid context value: " + text + ", expected key=value");
  const auto name = text.substr(0, equals), place = text.substr(equals + 1);
  if (place.find("://") != std::string::npos)
    throw ClientError("--build-context " + text + ": only folders are supported yet");
  request.contexts[name] = std::filesystem::canonical(place);
}

// "id=ID,src=FILE", "id=ID,env=NAME", "type=…" before them; without src and env a variable of that name, else a file.
void add_secret(const std::string& text, build::BuildRequest& request) {
  std::string id;
  build::Secret secret;
  for (const auto& field : csv_fields(text)) {
    const auto equals = field.find('=');
    const auto key = base::to_lower(field.substr(0, equals));
    const auto value = equals == std::string::npos ? std::string() : field.substr(equals + 1);
    if (equals == std::string::npos) throw ClientError("invalid field '" + field + "' must be a key=value pair");
    if (key == "id") {
      id = value;
    } else if (key == "src" || key == "source") {
      secret.file = value;
    } else if (key == "env") {
      secret.variable = value;
    } else if (key != "type") {
      throw ClientError("unexpected key '" + key + "' in '" + field + "'");
    }
  }
  if (id.empty()) throw ClientError("secret missing \"id\" field: " + text);
  if (secret.file.empty() && secret.variable.empty()) {
    if (std::getenv(id.c_str()) != nullptr) {
      secret.variable = id;
    } else {
      secret.file = id;
    }
  }
  if (secret.variable.empty()) base::fs::File::open(secret.file);  // throws where it is missing
  request.secrets[id] = std::move(secret);
}

void add_agent(const std::string& text, build::BuildRequest& request) {
  const auto equals = text.find('=');
  const char* own = std::getenv("SSH_AUTH_SOCK");
  const auto place = equals != std::string::npos ? text.substr(equals + 1) : std::string(own == nullptr ? "" : own);
  if (place.empty()) throw ClientError("invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set");
  request.agents[text.substr(0, equals)] = std::filesystem::canonical(place);
}

void allow(const std::string& what, build::BuildRequest& request) {
  if (what == "network.host") {
    request.allow_host_network = true;
  } else if (what == "security.insecure") {
    request.allow_insecure = true;
  } else {
    throw ClientError("invalid entitlement: " + what + ": network.host or security.insecure");
  }
}

void set_compression(const Arguments& arguments, build::BuildRequest& request) {
  const auto& text = arguments.text("compression");
  if (text == "zstd") {
    request.layers.compression = codec::Compression::kZstd;
  } else if (text == "none") {
    request.layers.compression = codec::Compression::kNone;
  } else if (!text.empty() && text != "gzip") {
    throw ClientError("invalid compression: " + text + ": gzip, zstd or none");
  }
}

build::BuildRequest read_request(const Arguments& arguments) {
  build::BuildRequest request;
  read_build_input(arguments.positional()[0], arguments.text("file"), request);
  for (const auto& tag : arguments.list("tag")) request.tags.push_back(oci::Reference::parse_tagged(tag));
  request.target = arguments.text("target");
  request.args = build_args(arguments);
  request.labels = key_values(arguments.list("label"));
  for (const auto& text : arguments.list("build-context")) add_context(text, request);
  for (const auto& text : arguments.list("secret")) add_secret(text, request);
  for (const auto& text : arguments.list("ssh")) add_agent(text, request);
  for (const auto& text : arguments.list("allow")) allow(text, request);
  for (const auto& text : arguments.list("add-host")) request.extra_hosts.push_back(parse_extra_host(text));
  for (const auto& text : arguments.list("ulimit")) request.limits.push_back(parse_ulimit(text));
  for (const auto& names : arguments.list("no-cache-filter")) {
    for (const auto& name : base::split(names, ',')) request.uncached_stages.insert(base::to_lower(name));
  }
  request.platform = platform_of(arguments);
  request.pull = arguments.flag("pull");
  request.use_cache = !arguments.flag("no-cache");
  request.network = arguments.text("network");
  if (request.network == "host") request.allow_host_network = true;
  if (arguments.given("shm-size"))
    request.shm_size = static_cast<std::uint64_t>(parse_bytes(arguments.text("shm-size")));
  set_compression(arguments, request);
  return request;
}

bool is_quiet(const Arguments& arguments) {
  const auto& progress = arguments.text("progress");
  if (!progress.empty() && progress != "auto" && progress != "plain" && progress != "quiet")
    throw ClientError("--progress " + progress + " is not supported yet: plain or quiet");
  return arguments.flag("quiet") || progress == "quiet";
}

}  // namespace

int run_build(Context& context, const Arguments& arguments) {
  const bool quiet = is_quiet(arguments);
  try {
    const auto request = on_client_side([&] { return read_request(arguments); });
    context.store();
    BuildLines lines(quiet);
    const auto pulls = make_progress(true);
    const auto image = build::build({.store = context.store(),
                                     .registries = context.registries(),
                                     .containers = context.container_options(),
                                     .progress = lines,
                                     .pulls = *pulls},
                                    request);
    if (arguments.given("iidfile")) base::fs::write_file(arguments.text("iidfile"), image.id.text(), 0644);
    if (quiet) print_line(image.id.text());
    return 0;
  } catch (const dockerfile::SourceError& error) {
    const auto& message = error.message();
    print_error(message.substr(0, message.size() - error.reason().size()) +
                "ERROR: failed to build: failed to solve: " + error.reason());
  } catch (const base::Error& error) {
    if (error.code() == base::Code::kCancelled) throw;
    print_error("ERROR: failed to build: " + error.message());
    print_frames(error, context.debug());
  }
  return 1;
}

}  // namespace davit::cli
