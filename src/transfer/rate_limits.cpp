#include "transfer/rate_limits.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/fs/file.h"
#include "base/json.h"
#include "base/log.h"

namespace davit::transfer {

namespace json = boost::json;
using base::text_member;

namespace {

std::filesystem::path file_of(const store::Store& store) { return store.root() / "rate-limits.json"; }

std::optional<std::uint64_t> number(const json::object& entry, const char* name) {
  const json::value* value = entry.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  json::error_code error;
  const auto found = value->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(found);
}

KeptRateLimit parse_entry(const json::object& entry) {
  KeptRateLimit kept;
  kept.limit.limit = number(entry, "limit");
  kept.limit.remaining = number(entry, "remaining");
  if (const auto window = number(entry, "window")) kept.limit.window = std::chrono::seconds(*window);
  kept.limit.source = text_member(entry, "source");
  kept.told = base::parse_rfc3339(text_member(entry, "told")).value_or(base::Time());
  return kept;
}

json::object to_entry(const KeptRateLimit& kept) {
  json::object entry;
  if (kept.limit.limit) entry["limit"] = *kept.limit.limit;
  if (kept.limit.remaining) entry["remaining"] = *kept.limit.remaining;
  if (kept.limit.window) entry["window"] = kept.limit.window->count();
  if (!kept.limit.source.empty()) entry["source"] = kept.limit.source;
  entry["told"] = base::to_rfc3339(kept.told);
  return entry;
}

}  // namespace

std::map<std::string, KeptRateLimit> read_rate_limits(const store::Store& store) {
  std::map<std::string, KeptRateLimit> all;
  try {
    const auto content = base::fs::read_file_if_exists(file_of(store));
    if (!content) return all;
    json::error_code error;
    const json::value value = json::parse(*content, error);
    if (error || !value.is_object()) return all;
    for (const auto& [host, entry] : value.as_object()) {
      if (entry.is_object()) all.emplace(host, parse_entry(entry.as_object()));
    }
  } catch (const base::Error& e) {
    base::log::debug("{}: {}", file_of(store).string(), e.message());
  }
  return all;
}

void keep_rate_limits(const store::Store& store, const std::map<std::string, remote::RateLimit>& told) {
  if (told.empty()) return;
  const auto lock = base::FileLock::acquire(store.root() / "locks" / "rate-limits");
  auto all = read_rate_limits(store);
  for (const auto& [host, limit] : told) all[host] = {.limit = limit, .told = base::now()};
  json::object content;
  for (const auto& [host, kept] : all) content[host] = to_entry(kept);
  base::fs::write_file_durably(file_of(store), json::serialize(content) + "\n");
}

}  // namespace davit::transfer
