#include "container/record.h"

#include <array>

#include <boost/json.hpp>

#include "base/error.h"
#include "container/description_json.h"

namespace davit::container {

namespace {

namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr int kFormat = 2;

struct StatusRow {
  Status status;
  std::string_view stored;
  std::string_view shown;
};
constexpr std::array kStatuses = {
    StatusRow{Status::kCreated, "created", "created"}, StatusRow{Status::kStarting, "starting", "created"},
    StatusRow{Status::kRunning, "running", "running"}, StatusRow{Status::kPaused, "paused", "paused"},
    StatusRow{Status::kExited, "exited", "exited"},    StatusRow{Status::kDead, "dead", "dead"},
};

std::string text(const json::object& object, const char* key) { return json::value_to<std::string>(object.at(key)); }

json::value optional_time(const std::optional<base::Time>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value(nullptr);
}

base::Time time(const json::value& value) {
  const auto parsed = base::parse_rfc3339(json::value_to<std::string>(value));
  if (!parsed) throw Error(Code::kCorrupt, "not a time");
  return *parsed;
}

std::optional<base::Time> optional_time(const json::value& value) {
  return value.is_null() ? std::nullopt : std::optional(time(value));
}

json::value identity(const std::optional<base::ProcessIdentity>& process) {
  if (!process) return nullptr;
  return {{"boot_id", process->boot_id}, {"pid", process->pid}, {"start_time", process->start_time}};
}

std::optional<base::ProcessIdentity> identity(const json::value& value) {
  if (value.is_null()) return {};
  const auto& object = value.as_object();
  return base::ProcessIdentity{text(object, "boot_id"), object.at("pid").to_number<int>(),
                               object.at("start_time").to_number<std::uint64_t>()};
}

// Format 1 had one list of words, and bind mounts alone.
void read_format_1(const json::object& object, Description& description) {
  description.command = json::value_to<std::vector<std::string>>(object.at("args"));
  for (const auto& entry : object.at("volumes").as_array()) {
    const auto& volume = entry.as_object();
    description.mounts.push_back({.source = text(volume, "source"),
                                  .target = text(volume, "target"),
                                  .read_only = volume.at("read_only").as_bool()});
  }
}

// Parses and reads by `read`; whatever is wrong becomes one error that names the file.
template <typename Read>
auto parse(std::string_view document, const stdfs::path& path, Read read) {
  try {
    unsigned char buffer[16 * 1024];  // enough for most: `ps` reads hundreds of them
    json::monotonic_resource memory(buffer, sizeof buffer);
    const auto value = json::parse(document, &memory);
    const auto& object = value.as_object();
    if (object.at("format").to_number<int>() > kFormat) {
      throw Error::format(Code::kNotSupported, "{} was written by a newer davit", path.string());
    }
    return read(object);
  } catch (const Error& error) {
    if (error.code() == Code::kNotSupported) throw;
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.message());
  } catch (const std::exception& error) {
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), error.what());
  }
}

}  // namespace

std::string_view name(Status status) {
  for (const auto& row : kStatuses) {
    if (row.status == status) return row.shown;
  }
  return "";
}

std::string to_json(const Record& record) {
  return json::serialize(json::object{
      {"format", kFormat},
      {"id", record.id},
      {"created", base::to_rfc3339(record.created)},
      {"description", to_json_object(record.description)},
  });
}

Record parse_record(std::string_view document, const stdfs::path& path) {
  return parse(document, path, [](const json::object& object) {
    Record record;
    record.id = text(object, "id");
    record.created = time(object.at("created"));
    if (object.at("format") == 1) {
      record.description = parse_description(object);
      read_format_1(object, record.description);
    } else {
      record.description = parse_description(object.at("description").as_object());
    }
    return record;
  });
}

std::string to_json(const State& state) {
  std::string_view status;
  for (const auto& row : kStatuses) {
    if (row.status == state.status) status = row.stored;
  }
  return json::serialize(json::object{
      {"format", kFormat},
      {"status", status},
      {"init", identity(state.init)},
      {"conmon", identity(state.conmon)},
      {"runtime_name", state.runtime_name},
      {"runtime_path", state.runtime_path.string()},
      {"cgroup", state.cgroup},
      {"started", optional_time(state.started)},
      {"finished", optional_time(state.finished)},
      {"exit_code", state.exit_code},
      {"oom_killed", state.oom_killed},
      {"error", state.error},
  });
}

State parse_state(std::string_view document, const stdfs::path& path) {
  return parse(document, path, [](const json::object& object) {
    State state;
    const auto stored = text(object, "status");
    bool known = false;
    for (const auto& row : kStatuses) {
      if (row.stored != stored) continue;
      state.status = row.status;
      known = true;
    }
    if (!known) throw Error::format(Code::kCorrupt, "unknown status '{}'", stored);
    state.init = identity(object.at("init"));
    state.conmon = identity(object.at("conmon"));
    if (is_running(state.status) && (!state.init || !state.conmon)) {
      throw Error(Code::kCorrupt, "it runs, but names no processes");
    }
    state.runtime_name = text(object, "runtime_name");
    state.runtime_path = text(object, "runtime_path");
    if (object.contains("cgroup")) state.cgroup = text(object, "cgroup");
    state.started = optional_time(object.at("started"));
    state.finished = optional_time(object.at("finished"));
    state.exit_code = object.at("exit_code").to_number<int>();
    if (const auto* killed = object.if_contains("oom_killed")) state.oom_killed = killed->as_bool();
    state.error = text(object, "error");
    return state;
  });
}

}  // namespace davit::container
