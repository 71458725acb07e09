#include "build/step_cache.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "codec/hash.h"
#include "transfer/image_content.h"

namespace davit::build {

namespace json = boost::json;

namespace {

std::string to_note(const CachedStep& step) {
  json::object note{{"created", base::to_rfc3339(step.created)}, {"description", step.description}};
  if (step.layer) {
    note["blob"] = step.layer->blob.digest.text();
    note["media_type"] = step.layer->blob.media_type;
    note["size"] = step.layer->blob.size;
    note["diff_id"] = step.layer->diff_id.text();
  }
  return json::serialize(note);
}

CachedStep from_note(const std::string& text) {
  const auto note = json::parse(text).as_object();
  CachedStep step;
  step.created = base::parse_rfc3339(std::string(note.at("created").as_string())).value();
  step.description = note.at("description").as_string().c_str();
  if (note.contains("blob")) {
    step.layer = store::ImageLayer{.blob = {.media_type = note.at("media_type").as_string().c_str(),
                                            .digest = oci::Digest::parse(std::string(note.at("blob").as_string())),
                                            .size = note.at("size").to_number<std::uint64_t>()},
                                   .diff_id = oci::Digest::parse(std::string(note.at("diff_id").as_string()))};
  }
  return step;
}

}  // namespace

std::optional<CachedStep> StepCache::find(const std::string& key, store::Lease& lease) const {
  const auto entry = kept_.look(key);
  if (!entry) return {};
  for (const auto& digest : entry->digests) lease.add(digest);
  if (!kept_.use(key)) return {};  // it went before the lease began
  try {
    auto step = from_note(entry->note);
    if (step.layer && !transfer::is_complete(store_, *step.layer)) return {};
    return step;
  } catch (const std::exception& error) {
    base::log::debug("an entry of the build cache is not read: {}", error.what());
    return {};
  }
}

void StepCache::put(const std::string& key, const CachedStep& step) const {
  store::KeptEntry entry = {.digests = {}, .note = to_note(step)};
  if (step.layer) entry.digests = {step.layer->blob.digest, step.layer->diff_id};
  kept_.put(key, entry);
}

std::string key_of(const std::vector<std::string>& parts) {
  codec::HashSink hash;
  for (const auto& part : parts) hash.write(base::as_byte_view(std::to_string(part.size()) + ":" + part));
  return hash.digest().hex();
}

}  // namespace davit::build
