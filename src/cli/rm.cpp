#include "cli/act_on_containers.h"
#include "cli/output.h"

namespace davit::cli {

namespace {

using base::Code;
using base::Error;

// Links are docker's old networking, which davit has not: no container has one but its own name.
[[noreturn]] void refuse_link(Context& context, const std::string& name) {
  const std::string bare = name.substr(name.starts_with('/') ? 1 : 0);
  if (bare.find('/') != std::string::npos) throw Error(Code::kNotFound, "No such container: " + bare);
  context.containers().get(name);
  throw Error(Code::kConflict, "Conflict, cannot remove the default link name of the container");
}

void remove(Context& context, const Arguments& arguments, const std::string& name) {
  if (name.empty()) throw ClientError("container name cannot be empty");
  if (arguments.flag("link")) refuse_link(context, name);
  context.containers().remove(context.containers().get(name).id(), arguments.flag("force"), arguments.flag("volumes"));
}

}  // namespace

int run_rm(Context& context, const Arguments& arguments) {
  context.containers();
  const auto& names = arguments.positional();
  Outcomes outcomes(context, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      remove(context, arguments, names[i]);
      outcomes.worked(i);
    } catch (const Error& error) {
      if (error.code() == Code::kCancelled) throw;
      if (arguments.flag("force") && error.code() == Code::kNotFound) {
        print_daemon_error(error, context.debug());  // at once, and it is no failure
        outcomes.passed_over(i);
      } else {
        outcomes.failed(i, error);
      }
    }
  }
  return outcomes.finish();
}

}  // namespace davit::cli
