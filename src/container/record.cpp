#include "container/record.h"

#include <array>

#include <boost/json.hpp>

#include "base/error.h"

namespace davit::container {

namespace {

namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

constexpr int kFormat = 1;

struct StatusRow {
  Status status;
  std::string_view stored;
  std::string_view shown;
};
constexpr std::array kStatuses = {
    StatusRow{Status::kCreated, "created", "created"}, StatusRow{Status::kStarting, "starting", "created"},
    StatusRow{Status::kRunning, "running", "running"}, StatusRow{Status::kExited, "exited", "exited"},
    StatusRow{Status::kDead, "dead", "dead"},
};

json::array strings(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

std::vector<std::string> strings(const json::value& value) { return json::value_to<std::vector<std::string>>(value); }

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

json::array volumes(const std::vector<BindVolume>& all) {
  json::array result;
  for (const auto& volume : all) {
    result.push_back(
        {{"source", volume.source.string()}, {"target", volume.target.string()}, {"read_only", volume.read_only}});
  }
  return result;
}

// Parses and reads by `read`; whatever is wrong becomes one error that names the file.
template <typename Read>
auto parse(std::string_view document, const stdfs::path& path, Read read) {
  try {
    const auto value = json::parse(document);
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
  const auto& description = record.description;
  json::array diff_ids;
  for (const auto& digest : description.diff_ids) diff_ids.emplace_back(digest.text());
  return json::serialize(json::object{
      {"format", kFormat},
      {"id", record.id},
      {"created", base::to_rfc3339(record.created)},
      {"name", description.name},
      {"image", description.image ? json::value(description.image->text()) : json::value(nullptr)},
      {"image_reference", description.image_reference},
      {"diff_ids", std::move(diff_ids)},
      {"args", strings(description.args)},
      {"env", strings(description.env)},
      {"user", description.user},
      {"working_dir", description.working_dir},
      {"hostname", description.hostname},
      {"volumes", volumes(description.volumes)},
      {"network", description.network == runtime::NetworkMode::kHost ? "host" : "none"},
      {"stop_signal", description.stop_signal},
      {"auto_remove", description.auto_remove},
      {"open_stdin", description.open_stdin},
      {"terminal", description.terminal},
  });
}

Record parse_record(std::string_view document, const stdfs::path& path) {
  return parse(document, path, [](const json::object& object) {
    Record record;
    auto& description = record.description;
    record.id = text(object, "id");
    record.created = time(object.at("created"));
    description.name = text(object, "name");
    if (!object.at("image").is_null()) description.image = oci::Digest::parse(text(object, "image"));
    description.image_reference = text(object, "image_reference");
    for (const auto& digest : object.at("diff_ids").as_array()) {
      description.diff_ids.push_back(oci::Digest::parse(json::value_to<std::string>(digest)));
    }
    description.args = strings(object.at("args"));
    description.env = strings(object.at("env"));
    description.user = text(object, "user");
    description.working_dir = text(object, "working_dir");
    description.hostname = text(object, "hostname");
    for (const auto& entry : object.at("volumes").as_array()) {
      const auto& volume = entry.as_object();
      description.volumes.push_back({text(volume, "source"), text(volume, "target"), volume.at("read_only").as_bool()});
    }
    description.network = text(object, "network") == "host" ? runtime::NetworkMode::kHost : runtime::NetworkMode::kNone;
    description.stop_signal = text(object, "stop_signal");
    description.auto_remove = object.at("auto_remove").as_bool();
    description.open_stdin = object.at("open_stdin").as_bool();
    description.terminal = object.at("terminal").as_bool();
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
      {"started", optional_time(state.started)},
      {"finished", optional_time(state.finished)},
      {"exit_code", state.exit_code},
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
    if (state.status == Status::kRunning && (!state.init || !state.conmon)) {
      throw Error(Code::kCorrupt, "it runs, but names no processes");
    }
    state.runtime_name = text(object, "runtime_name");
    state.runtime_path = text(object, "runtime_path");
    state.started = optional_time(object.at("started"));
    state.finished = optional_time(object.at("finished"));
    state.exit_code = object.at("exit_code").to_number<int>();
    state.error = text(object, "error");
    return state;
  });
}

}  // namespace davit::container
