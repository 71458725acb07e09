// ps, stop, rm, and conmon's call when a container ended.

#include <boost/json.hpp>

#include "base/strings.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/format.h"
#include "cli/output.h"
#include "docker/json_text.h"
#include "text/table.h"
#include "text/time.h"
#include "text/width.h"

namespace davit::cli {

namespace {

constexpr std::size_t kCommandColumns = 20;

// "Up 3 minutes", "Exited (0) 2 hours ago", "Created".
std::string status_of(const container::State& state, base::Time now) {
  switch (state.status) {
    case container::Status::kRunning:
      return "Up " + text::human_duration(now - state.started.value_or(now));
    case container::Status::kExited:
      return fmt::format("Exited ({}) {}", state.exit_code,
                         state.finished ? text::human_age(*state.finished, now) : "");
    case container::Status::kDead:
      return "Dead";
    case container::Status::kCreated:
    case container::Status::kStarting:
      return "Created";
  }
  return {};
}

// As Go quotes: a command is shown in one line, whatever an image put there.
std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += base::printable(std::string_view(&c, 1));
    }
  }
  return out + "\"";
}

std::string command_of(const container::Record& record, bool full) {
  const std::string command = base::join(record.description.args, " ");
  return go_quoted(full ? command : text::ellipsis(command, kCommandColumns));
}

// The name under which it was made, while that still means the image; else the image's ID.
std::string image_of(Context& context, const container::Description& description, bool full) {
  if (!description.image) return description.image_reference;
  const std::string id = full ? description.image->text() : description.image->short_hex();
  try {
    const auto tag = context.images().find_tag(oci::Reference::parse_tagged(description.image_reference));
    return tag && tag->image == *description.image ? description.image_reference : id;
  } catch (const base::Error&) {  // made from an ID or a history entry
    return id;
  }
}

std::string to_json(Context& context, const container::Container& container, const std::string& id, bool full) {
  const base::Time now = base::now();
  const container::Description& description = container.record.description;
  return docker::to_line(boost::json::object{
      {"Command", command_of(container.record, full)},
      {"CreatedAt", go_time(container.record.created)},
      {"ID", id},
      {"Image", image_of(context, description, full)},
      {"Labels", ""},
      {"LocalVolumes", "0"},
      {"Mounts", ""},
      {"Names", description.name},
      {"Networks", description.network == runtime::NetworkMode::kHost ? "host" : "none"},
      {"Ports", ""},
      {"RunningFor", text::human_age(container.record.created, now)},
      {"Size", "N/A"},
      {"State", container::name(container.state.status)},
      {"Status", status_of(container.state, now)},
  });
}

// Does something to each container named; tells each failure and goes on.
template <typename Act>
int for_each_container(Context& context, const Arguments& arguments, bool absence_is_fine, const Act& act) {
  context.containers();
  int exit_code = 0;
  for (const std::string& text : arguments.positional()) {
    try {
      act(context.containers().get(text));
      print_line(text);
    } catch (const base::Error& error) {
      if (error.code() == base::Code::kCancelled) throw;
      if (!(absence_is_fine && error.code() == base::Code::kNotFound)) exit_code = 1;
      print_daemon_error(error, context.debug());
    }
  }
  return exit_code;
}

}  // namespace

int run_ps(Context& context, const Arguments& arguments) {
  const bool json = wants_json(arguments);
  const bool full = arguments.flag("no-trunc");
  const base::Time now = base::now();
  text::Table table({"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"});
  for (const container::Container& container : context.containers().list()) {
    if (!arguments.flag("all") && !container.running()) continue;
    const std::string id = full ? container.id() : container.id().substr(0, 12);
    if (arguments.flag("quiet")) {
      print_line(id);
    } else if (json) {
      print_line(to_json(context, container, id, full));
    } else {
      table.add_row({id, image_of(context, container.record.description, full), command_of(container.record, full),
                     text::human_age(container.record.created, now), status_of(container.state, now), "",
                     container.name()});
    }
  }
  if (!arguments.flag("quiet") && !json) print(table.text());
  return 0;
}

int run_stop(Context& context, const Arguments& arguments) {
  const std::chrono::seconds timeout(arguments.number("time"));
  return for_each_container(context, arguments, false, [&](const container::Container& container) {
    context.containers().stop(container.id(), timeout);
  });
}

int run_rm(Context& context, const Arguments& arguments) {
  const bool force = arguments.flag("force");
  return for_each_container(context, arguments, force, [&](const container::Container& container) {
    context.containers().remove(container.id(), force);
  });
}

int run_internal_exited(Context& context, const Arguments& arguments) {
  context.containers().exited(arguments.positional()[0]);
  return 0;
}

}  // namespace davit::cli
