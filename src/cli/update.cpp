#include "container/update.h"

#include <algorithm>
#include <array>

#include "cli/act_on_containers.h"
#include "cli/output.h"
#include "cli/run_flags.h"
#include "cli/update_flags.h"

namespace davit::cli {

namespace {

// Those of run's flags that a container that is there can be given anew.
constexpr std::array<std::string_view, 15> kUpdatable = {
    "blkio-weight",       "cpu-period",  "cpu-quota",   "cpu-rt-period", "cpu-rt-runtime",
    "cpu-shares",         "cpus",        "cpuset-cpus", "cpuset-mems",   "memory",
    "memory-reservation", "memory-swap", "pids-limit",  "restart",       "kernel-memory",
};

bool is_updatable(const RunFlag& row) {
  return std::find(kUpdatable.begin(), kUpdatable.end(), row.flag.name) != kUpdatable.end();
}

// What is asked for; nothing is checked against the machine yet.
runtime::Resources change_of(const Arguments& arguments) {
  RunLine line;
  bool any = false;
  for (const RunFlag& row : run_flags()) {
    if (!is_updatable(row) || !arguments.given(row.flag.name)) continue;
    if (row.put == nullptr) {
      throw ClientError(fmt::format("--{} is not supported: {}", row.flag.name, row.refused),
                        base::Code::kNotSupported);
    }
    row.put(FlagValues(arguments, row.flag), line);
    any = true;
  }
  if (!any) throw ClientError("you must provide one or more flags when using this command");
  return line.asked().resources;
}

}  // namespace

std::vector<Flag> flags_of_update() {
  std::vector<Flag> rows;
  for (const RunFlag& row : run_flags()) {
    if (is_updatable(row)) rows.push_back(row.flag);
  }
  return rows;
}

int run_update(Context& context, const Arguments& arguments) {
  const runtime::Resources wanted = change_of(arguments);
  std::vector<std::string> warnings;
  const auto update = [&](const std::string& name) {
    auto checked = runtime::check_resources(wanted, runtime::ResourceUse::kUpdate);
    auto held = context.containers().hold(context.containers().get(name).id());
    container::update(held, checked.resources);
    for (std::string& warning : checked.warnings) warnings.push_back(std::move(warning));
  };
  return act_on_each(context, arguments, update, [&] {
    for (const std::string& warning : warnings) print_line(warning);
  });
}

}  // namespace davit::cli
