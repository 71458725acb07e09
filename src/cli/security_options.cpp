#include "cli/security_options.h"

#include <boost/json.hpp>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "cli/arguments.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

constexpr const char* kAppArmor = "/sys/kernel/security/apparmor";

// The profile on one line, as docker's client sends it.
std::string seccomp_profile(const std::string& file) {
  std::string text;
  try {
    text = base::fs::read_file(file);
  } catch (const Error& error) {
    throw ClientError(fmt::format("opening seccomp profile ({}) failed: {}", file, error.message()));
  }
  boost::system::error_code failure;
  const auto profile = boost::json::parse(text, failure);
  if (failure)
    throw ClientError(fmt::format("compacting json for seccomp profile ({}) failed: {}", file, failure.message()));
  if (!profile.is_object())
    throw Error::format(Code::kInvalidArgument, "Decoding seccomp profile failed: {} holds no JSON object", file);
  return boost::json::serialize(profile);
}

void apply_seccomp(const std::string& value, container::Security& security) {
  if (value == "builtin") {
    security.seccomp.clear();
    security.options.emplace_back("seccomp=builtin");
  } else {
    security.seccomp = value == "unconfined" ? value : seccomp_profile(value);
    security.options.push_back("seccomp=" + security.seccomp);
  }
}

void apply_apparmor(const std::string& profile, container::Security& security) {
  if (profile != "unconfined" && !base::fs::exists(kAppArmor))
    throw Error::format(Code::kNotSupported, "--security-opt apparmor={}: AppArmor is not enabled on this host",
                        base::printable(profile));
  security.apparmor = profile;
}

void apply_no_new_privileges(const std::string& option, const std::string& value, container::Security& security) {
  if (value == "" || value == "true" || value == "1") {
    security.no_new_privileges = true;
  } else if (value == "false" || value == "0") {
    security.no_new_privileges = false;
  } else {
    throw Error::format(Code::kInvalidArgument, "invalid --security-opt 2: \"{}\"", base::printable(option));
  }
}

}  // namespace

void apply_security_options(const std::vector<std::string>& options, container::Security& security) {
  for (const std::string& option : options) {
    // "label:disable" is the old form.
    const std::size_t separator = option.find(option.find('=') != std::string::npos ? '=' : ':');
    const std::string name = option.substr(0, separator);
    if (separator == std::string::npos && name != "no-new-privileges")
      throw ClientError(fmt::format("Invalid --security-opt: \"{}\"", base::printable(option)));
    const std::string value = separator == std::string::npos ? "" : option.substr(separator + 1);
    if (option == "systempaths=unconfined") {
      security.unmasked_paths = true;
      continue;
    }
    if (name == "seccomp") {
      apply_seccomp(value, security);
      continue;
    }
    if (name == "apparmor") {
      apply_apparmor(value, security);
    } else if (name == "no-new-privileges") {
      apply_no_new_privileges(option, value, security);
    } else if (name == "label") {
      if (value != "disable")
        throw Error::format(Code::kNotSupported, "--security-opt {}: SELinux is not supported, but for label=disable",
                            base::printable(option));
    } else {
      throw Error::format(Code::kInvalidArgument, "invalid --security-opt 2: \"{}\"", base::printable(option));
    }
    security.options.push_back(option);
  }
}

}  // namespace davit::cli
