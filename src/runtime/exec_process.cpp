#include "runtime/exec_process.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "runtime/capabilities.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;
using base::Code;
using base::Error;

json::array strings(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

json::array capabilities_that_we_have(const HostLimits& host) {
  json::array held;
  const auto names = all_capabilities();  // by number
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    if ((host.capabilities >> bit & 1) != 0) held.emplace_back(names[bit]);
  }
  return held;
}

// The container's bound on capabilities.
json::array bounding_set(const json::object& process) {
  const auto* sets = process.if_contains("capabilities");
  const auto* bounding = sets != nullptr && sets->is_object() ? sets->get_object().if_contains("bounding") : nullptr;
  return bounding != nullptr && bounding->is_array() ? bounding->get_array() : json::array();
}

}  // namespace

std::string exec_process_json(std::string_view config_json, const ExecProcess& process, const HostLimits& host) {
  json::error_code error;
  auto config = json::parse(config_json, error);
  auto* base = !error && config.is_object() ? config.get_object().if_contains("process") : nullptr;
  if (base == nullptr || !base->is_object()) throw Error(Code::kCorrupt, "the container's config.json has no process");
  auto& object = base->get_object();
  object["args"] = strings(process.args);
  object["env"] = strings(process.env);
  if (!process.working_dir.empty()) object["cwd"] = process.working_dir;
  json::object user = {{"uid", process.user.uid}, {"gid", process.user.gid}};
  if (!process.user.additional_gids.empty()) {
    user["additionalGids"] = json::array(process.user.additional_gids.begin(), process.user.additional_gids.end());
  }
  object["user"] = std::move(user);
  object["terminal"] = process.terminal;
  object.erase("consoleSize");
  if (process.terminal && process.window != base::WindowSize()) {
    object["consoleSize"] = {{"height", process.window.rows}, {"width", process.window.columns}};
  }
  const json::array held = process.privileged ? capabilities_that_we_have(host) : bounding_set(object);
  json::object sets = {{"bounding", held}};
  if (process.user.uid == 0) {  // others have none in effect, as execve(2) would leave them
    sets["effective"] = held;
    sets["permitted"] = held;
  }
  object["capabilities"] = std::move(sets);
  if (process.privileged && object.contains("apparmorProfile")) object["apparmorProfile"] = "unconfined";
  return json::serialize(object);
}

}  // namespace davit::runtime
