// A seccomp profile in docker's own form, which has conditions, in the runtime-spec's, which has none.

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/strings.h"
#include "runtime/seccomp.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;
using base::Code;
using base::Error;

#if defined(__x86_64__)
constexpr std::string_view kGoArchitecture = "amd64", kNativeArchitecture = "SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
constexpr std::string_view kGoArchitecture = "arm64", kNativeArchitecture = "SCMP_ARCH_AARCH64";
#else
#error "add the architecture's names in Go and in libseccomp"
#endif

[[noreturn]] void refuse(const std::string& why) { throw Error(Code::kInvalidArgument, why); }
[[noreturn]] void refuse_form(std::string_view key) {
  refuse(fmt::format("Decoding seccomp profile failed: \"{}\" has not the form that it should have", key));
}

// The list under that name; empty when it is missing or null.
const json::array& list(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return kNone;
  if (!value->is_array()) refuse_form(key);
  return value->as_array();
}

bool has_text(const json::array& texts, std::string_view text) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const json::value& value) { return value.is_string() && value.as_string() == text; });
}

// "6.1.0-18-amd64" is at least "4.8".
bool kernel_is_at_least(std::string_view wanted) {
  struct utsname kernel {};
  ::uname(&kernel);
  const auto numbers = [](std::string_view text) {
    std::pair<unsigned, unsigned> parts;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts.first);
    if (error == std::errc() && end != text.data() + text.size() && *end == '.')
      std::from_chars(end + 1, text.data() + text.size(), parts.second);
    return parts;
  };
  return numbers(kernel.release) >= numbers(wanted);
}

const json::object* conditions(const json::object& rule, std::string_view key) {
  const auto* value = rule.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_object()) refuse_form(key);
  return &value->as_object();
}

std::string_view kernel_of(const json::object& object) {
  const auto* value = object.if_contains("minKernel");
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

bool holds(const SeccompContext& context, const json::value& capability) {
  return std::any_of(context.capabilities.begin(), context.capabilities.end(),
                     [&](const std::string& name) { return capability.is_string() && capability.as_string() == name; });
}

// Whether a rule is for this container on this host.
bool applies(const json::object& rule, const SeccompContext& context) {
  if (const auto* excludes = conditions(rule, "excludes")) {
    if (has_text(list(*excludes, "arches"), kGoArchitecture)) return false;
    for (const auto& capability : list(*excludes, "caps")) {
      if (holds(context, capability)) return false;
    }
    if (const auto kernel = kernel_of(*excludes); !kernel.empty() && kernel_is_at_least(kernel)) return false;
  }
  if (const auto* includes = conditions(rule, "includes")) {
    const auto& architectures = list(*includes, "arches");
    if (!architectures.empty() && !has_text(architectures, kGoArchitecture)) return false;
    for (const auto& capability : list(*includes, "caps")) {
      if (!holds(context, capability)) return false;
    }
    if (const auto kernel = kernel_of(*includes); !kernel.empty() && !kernel_is_at_least(kernel)) return false;
  }
  return true;
}

json::array architectures(const json::object& profile) {
  const auto& map = list(profile, "archMap");
  if (map.empty()) return list(profile, "architectures");
  if (!list(profile, "architectures").empty()) {
    refuse(
        "'architectures' and 'archMap' were specified in the seccomp profile, use either 'architectures' or 'archMap'");
  }
  json::array result;
  for (const auto& entry : map) {
    if (!entry.is_object()) refuse_form("archMap");
    const auto* name = entry.as_object().if_contains("architecture");
    if (name == nullptr || !name->is_string() || name->as_string() != kNativeArchitecture) continue;
    result.push_back(*name);
    for (const auto& other : list(entry.as_object(), "subArchitectures")) result.push_back(other);
    break;
  }
  return result;
}

json::object converted(const json::object& rule) {
  json::object result;
  const auto* name = rule.if_contains("name");
  const bool named = name != nullptr && name->is_string() && !name->as_string().empty();
  if (named && !list(rule, "names").empty())
    refuse("'name' and 'names' were specified in the seccomp profile, use either 'name' or 'names'");
  result["names"] = named ? json::array{*name} : list(rule, "names");
  for (const char* key : {"action", "errnoRet", "args"}) {
    if (const auto* value = rule.if_contains(key); value != nullptr && !value->is_null()) result[key] = *value;
  }
  return result;
}

}  // namespace

std::string convert_seccomp(std::string_view text, const SeccompContext& context) {
  json::error_code error;
  const auto value = json::parse(text, error);
  if (error) refuse("Decoding seccomp profile failed: " + error.message());
  if (!value.is_object()) refuse_form("the profile");
  const auto& profile = value.as_object();
  json::object result;
  for (const char* key : {"defaultAction", "defaultErrnoRet", "flags", "listenerPath", "listenerMetadata"}) {
    if (const auto* found = profile.if_contains(key); found != nullptr && !found->is_null()) result[key] = *found;
  }
  const auto& rules = list(profile, "syscalls");
  if (!result.contains("defaultAction") && rules.empty()) return {};  // docker takes that for no profile
  if (auto found = architectures(profile); !found.empty()) result["architectures"] = std::move(found);
  json::array kept;
  for (const auto& rule : rules) {
    if (!rule.is_object()) refuse_form("syscalls");
    auto one = converted(rule.as_object());
    if (applies(rule.as_object(), context)) kept.push_back(std::move(one));
  }
  if (!kept.empty()) result["syscalls"] = std::move(kept);
  return json::serialize(result);
}

}  // namespace davit::runtime
