#include <boost/json.hpp>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fs/mount.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/budget_words.h"
#include "cli/context.h"
#include "cli/object_template.h"
#include "cli/output.h"
#include "container/init_program.h"
#include "docker/inspect_types.h"
#include "runtime/apparmor.h"
#include "text/size.h"
#include "transfer/rate_limits.h"

namespace davit::cli {

namespace {

std::string operating_system() {
  const auto release = base::fs::read_file_if_exists("/etc/os-release");
  constexpr std::string_view kKey = "PRETTY_NAME=\"";
  const std::size_t at = release ? release->find(kKey) : std::string::npos;
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + kKey.size();
  return release->substr(begin, release->find('"', begin) - begin);
}

// What registries told of their pull budgets when they were last asked.
boost::json::array rate_limits(const store::Store& store) {
  boost::json::array all;
  for (const auto& [host, kept] : transfer::read_rate_limits(store)) {
    boost::json::object one = {{"Registry", host}};
    if (kept.limit.limit) one["Limit"] = *kept.limit.limit;
    if (kept.limit.remaining) one["Remaining"] = *kept.limit.remaining;
    if (kept.limit.window) one["WindowSeconds"] = kept.limit.window->count();
    if (!kept.limit.source.empty()) one["Source"] = kept.limit.source;
    one["Told"] = base::to_rfc3339(kept.told);
    all.push_back(std::move(one));
  }
  return all;
}

void print_rate_limits(const store::Store& store) {
  const auto all = transfer::read_rate_limits(store);
  if (!all.empty()) print_line("Pull Budgets:");
  for (const auto& [host, kept] : all) {
    print_line(fmt::format(" {}: {} (told at {})", host, budget_words(kept.limit), base::to_rfc3339(kept.told)));
  }
}

// As docker has them: "name=seccomp,profile=builtin".
boost::json::array security_options() {
  boost::json::array options = {"name=seccomp,profile=builtin"};
  if (!runtime::apparmor_profile("unconfined").empty()) options.insert(options.begin(), "name=apparmor");
  return options;
}

// "Security Options:", "  seccomp", "   Profile: builtin", indented as docker does.
void print_security_options() {
  print_line("Security Options:");
  for (const auto& option : security_options()) {
    for (const auto& part : base::split(std::string_view(option.as_string()), ',')) {
      const bool name = part.starts_with("name=");
      print_line(name ? " " + part.substr(5) : "  Profile: " + part.substr(part.find('=') + 1));
    }
  }
}

// What was found; one list for both forms of output.
boost::json::object gather(Context& context) {
  store::Store& store = context.store();
  std::size_t running = 0, stopped = 0;
  for (const auto& container : context.containers().list()) ++(container.running() ? running : stopped);
  struct utsname kernel = {};
  uname(&kernel);
  struct sysinfo memory = {};
  sysinfo(&memory);
  const layer::DriverChoice driver = store.layers().driver();
  boost::json::object info = {
      {"ServerVersion", DAVIT_VERSION},
      {"ID", store.id()},
      {"Containers", running + stopped},
      {"ContainersRunning", running},
      {"ContainersStopped", stopped},
      {"Images", context.images().list_images().size()},
      {"Driver", driver.name},
      {"DriverReason", driver.why},
      {"BackingFilesystem", base::fs::filesystem_type(store.root())},
      {"DavitRootDir", store.root().string()},
      {"RunDir", store.run().string()},
  };
  if (!store.keep_compressed()) {
    info["CompressedBlobs"] =
        driver.name == "erofs" ? "not kept" : "kept, as keep_compressed = false is for the erofs driver";
  }
  try {
    const runtime::RuntimeChoice& choice = context.containers().runtime_choice();
    info["Runtime"] = choice.name;
    info["RuntimePath"] = choice.path.string();
    info["RuntimeVersion"] = runtime::runtime_version(choice);
    info["RuntimeReason"] = choice.why;
  } catch (const base::Error& error) {  // a host that cannot run containers can still pull and push
    info["Runtime"] = "none";
    info["RuntimeReason"] = error.message();
  }
  info["CgroupDriver"] = runtime::name(context.containers().cgroup_manager());
  info["CgroupVersion"] = runtime::HostLimits::probe().cgroup_v2 ? "2" : "1";
  info["InitBinary"] = container::find_init().value_or("").string();
  info["SecurityOptions"] = security_options();
  info["CgroupParent"] = "/davit-" + store.id().substr(0, 12);
  info["KernelVersion"] = kernel.release;
  info["OperatingSystem"] = operating_system();
  info["OSType"] = "linux";
  info["Architecture"] = kernel.machine;
  info["NCPU"] = sysconf(_SC_NPROCESSORS_ONLN);
  info["MemTotal"] = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  info["CredentialFile"] = context.credentials()->path().string();
  info["RateLimits"] = rate_limits(store);
  return info;
}

struct Line {
  const char* label;
  const char* key;
};
constexpr Line kLines[] = {
    {"Containers", "Containers"},
    {" Running", "ContainersRunning"},
    {" Stopped", "ContainersStopped"},
    {"Images", "Images"},
    {"Server Version", "ServerVersion"},
    {"Storage Driver", "Driver"},
    {" Why", "DriverReason"},
    {" Compressed Blobs", "CompressedBlobs"},
    {" Backing Filesystem", "BackingFilesystem"},
    {"Default Runtime", "Runtime"},
    {" Path", "RuntimePath"},
    {" Version", "RuntimeVersion"},
    {" Why", "RuntimeReason"},
    {"Cgroup Driver", "CgroupDriver"},
    {"Cgroup Version", "CgroupVersion"},
    {"Cgroup Parent", "CgroupParent"},
    {"Init Binary", "InitBinary"},
    {"Kernel Version", "KernelVersion"},
    {"Operating System", "OperatingSystem"},
    {"OSType", "OSType"},
    {"Architecture", "Architecture"},
    {"CPUs", "NCPU"},
    {"Total Memory", "MemTotal"},
    {"ID", "ID"},
    {"Davit Root Dir", "DavitRootDir"},
    {"Run Dir", "RunDir"},
    {"Credentials", "CredentialFile"},
};

// In docker's shape: one program is client and server here. It is not made by Go and has no API yet.
boost::json::object versions(const std::string& kernel) {
  const std::string architecture = oci::Platform::host().architecture;
  return {{"Client",
           boost::json::object{
               {"Version", DAVIT_VERSION}, {"Os", "linux"}, {"Arch", architecture}, {"Context", "default"}}},
          {"Server",
           boost::json::object{{"Platform", boost::json::object{{"Name", "davit"}}},
                               {"Components",
                                {boost::json::object{{"Name", "Engine"},
                                                     {"Version", DAVIT_VERSION},
                                                     {"Details", boost::json::object{{"Arch", architecture},
                                                                                     {"Compiler", "g++ " __VERSION__},
                                                                                     {"KernelVersion", kernel},
                                                                                     {"Os", "linux"}}}}}},
                               {"Version", DAVIT_VERSION},
                               {"Os", "linux"},
                               {"Arch", architecture},
                               {"KernelVersion", kernel}}}};
}

}  // namespace

int run_info(Context& context, const Arguments& arguments) {
  const auto format = ObjectTemplate::from(arguments);
  const boost::json::object info = gather(context);
  if (format) {
    const docker::ObjectType type("system.dockerInfo", info);
    format->print(text::from_json(info, type.type()));
    return 0;
  }
  for (const Line& line : kLines) {
    const boost::json::value* value = info.if_contains(line.key);
    if (value == nullptr) continue;
    std::string text = value->is_string() ? std::string(value->as_string()) : boost::json::serialize(*value);
    if (std::string_view(line.key) == "MemTotal") text = text::binary_size(value->to_number<std::uint64_t>());
    print_line(std::string(line.label) + ": " + text);
  }
  print_security_options();
  print_rate_limits(context.store());
  return 0;
}

int run_version(Context&, const Arguments& arguments) {
  struct utsname kernel = {};
  uname(&kernel);
  if (const auto format = ObjectTemplate::from(arguments, "version")) {
    format->print(text::from_json(versions(kernel.release), docker::version_type()));
    return 0;
  }
  print_line("Version:         " DAVIT_VERSION);
  print_line("Built with:      g++ " __VERSION__);
  print_line("OS/Arch:         linux/" + oci::Platform::host().architecture);
  print_line(std::string("Kernel Version:  ") + kernel.release);
  return 0;
}

}  // namespace davit::cli
