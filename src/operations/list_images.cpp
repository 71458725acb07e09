#include "operations/list_images.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "operations/find_image.h"
#include "transfer/image_content.h"

namespace davit::operations {

namespace {

// Created strictly between two moments, where they are given.
struct Span {
  std::optional<base::Time> after, before;

  bool has(const std::optional<base::Time>& created) const {
    const base::Time time = created.value_or(base::Time::min());
    return !(after && time <= *after) && !(before && time >= *before);
  }
};

Span span_of(const store::ImageStore& images, const Filters& filters) {
  Span span{.after = std::nullopt, .before = filters.until(base::now())};
  for (const std::string& name : filters.values("before")) {
    const auto created = get_image(images, name).record.created;
    if (created && (!span.before || *created < *span.before)) span.before = created;
  }
  for (const std::string& name : filters.values("since")) {
    const auto created = get_image(images, name).record.created;
    if (created && (!span.after || *created > *span.after)) span.after = created;
  }
  return span;
}

// As docker's patterns: the name alone, or with its tag or digest.
bool matches_any(const std::vector<std::string>& patterns, const oci::Reference& reference) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return path_matches(pattern, reference.familiar()) || path_matches(pattern, reference.repository().familiar());
  });
}

bool labels_match(store::Store& store, const store::ImageSummary& summary, const Filters& filters) {
  if (!filters.asks_labels()) return true;
  try {
    const auto record = store.images().find_image(summary.id);
    if (!record) return false;  // removed meanwhile
    const auto config = transfer::read_config(store, *record);
    return config && filters.labels_match(config->config.labels);
  } catch (const base::Error& error) {  // of a damaged one nobody knows: the others are listed all the same
    if (error.code() == base::Code::kCancelled) throw;
    base::log::warn("image {} is left out, as its labels cannot be read: {}", summary.id.short_hex(), error.message());
    return false;
  }
}

}  // namespace

std::vector<ListedImage> list_images(store::Store& store, const Filters& filters) {
  filters.allow_only({"before", "dangling", "label", "reference", "since", "until"});
  const std::optional<bool> dangling = filters.boolean("dangling");
  const auto& patterns = filters.values("reference");
  store::ImageStore& images = store.images();
  const Span span = span_of(images, filters);

  std::map<oci::Digest, std::vector<store::Tag>> tags;
  for (store::Tag& tag : images.list_tags()) {
    if (patterns.empty() || matches_any(patterns, tag.reference)) tags[tag.image].push_back(std::move(tag));
  }
  std::vector<ListedImage> listed;
  for (store::ImageSummary& record : images.list_summaries()) {
    std::vector<store::Tag>& names = tags[record.id];
    if (names.empty() && (!patterns.empty() || dangling == false)) continue;
    const bool tagged =
        std::any_of(names.begin(), names.end(), [](const store::Tag& tag) { return tag.reference.tag().has_value(); });
    if (tagged && dangling == true) continue;
    if (!span.has(record.created) || !labels_match(store, record, filters)) continue;
    listed.push_back({std::move(record), std::move(names)});
  }
  return listed;
}

}  // namespace davit::operations
