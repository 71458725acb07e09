#include "store/records.h"

#include <boost/json.hpp>

#include "oci/json.h"

namespace davit::store {

namespace json = oci::json;
using boost::json::object;

namespace {

constexpr std::int64_t kRecordFormat = 1;
constexpr std::size_t kManyMoreThanARecord = 64 * 1024 * 1024;

json::Document parse(std::string_view text, const char* what) {
  return json::Document::parse(text, what, {.bytes = kManyMoreThanARecord});
}

void put_descriptor(object& out, std::string_view key, const std::optional<oci::Descriptor>& descriptor) {
  if (descriptor) out[key] = json::write_descriptor(*descriptor);
}

void put_digest(object& out, std::string_view key, const std::optional<oci::Digest>& digest) {
  if (digest) out[key] = digest->text();
}

std::optional<oci::Descriptor> find_descriptor(const json::Node& node, std::string_view key) {
  const auto found = node.find(key);
  if (!found) return std::nullopt;
  return json::read_descriptor(*found);
}

std::optional<oci::Digest> find_digest(const json::Node& node, std::string_view key) {
  const auto found = node.find(key);
  if (!found) return std::nullopt;
  return found->digest();
}

void put_event(object& out, const TagMove& move) {
  out["kind"] = "tag";
  out["reference"] = move.reference.text();
  put_descriptor(out, "from", move.from);
  put_digest(out, "fromImage", move.from_image);
  put_descriptor(out, "to", move.to);
  put_digest(out, "toImage", move.to_image);
}

object record_object(const ImageRecord& record) {
  object out;
  out["format"] = kRecordFormat;
  out["id"] = record.id.text();
  out["manifest"] = json::write_descriptor(record.manifest);
  put_descriptor(out, "index", record.index);
  boost::json::array& layers = out["layers"].emplace_array();
  for (const ImageLayer& layer : record.layers) {
    layers.emplace_back(object{{"blob", json::write_descriptor(layer.blob)}, {"diffId", layer.diff_id.text()}});
  }
  out["size"] = record.size;
  if (record.created) out["created"] = base::to_rfc3339(*record.created);
  out["added"] = base::to_rfc3339(record.added);
  return out;
}

void put_event(object& out, const ImageAdded& event) {
  out["kind"] = "added";
  out["record"] = record_object(event.record);
}

void put_event(object& out, const ImageRemoved& event) {
  out["kind"] = "removed";
  out["image"] = event.image.text();
}

void put_event(object& out, const ImageGone& event) {
  out["kind"] = "gone";
  out["image"] = event.image.text();
}

TagMove read_move(const json::Node& node, const JournalLine& line) {
  return {.sequence = line.sequence,
          .when = line.when,
          .command = line.command,
          .reference = oci::Reference::parse(node.at("reference").string()),
          .from = find_descriptor(node, "from"),
          .to = find_descriptor(node, "to"),
          .from_image = find_digest(node, "fromImage"),
          .to_image = find_digest(node, "toImage")};
}

ImageRecord record_of(const json::Node& root) {
  if (root.at("format").integer() > kRecordFormat) root.at("format").fail("is newer than this davit knows");
  ImageRecord record{.id = root.at("id").digest(),
                     .manifest = json::read_descriptor(root.at("manifest")),
                     .index = find_descriptor(root, "index"),
                     .layers = {},
                     .size = root.at("size").size(),
                     .created = {},
                     .added = root.at("added").time()};
  root.at("layers").each_element([&](const json::Node& layer) {
    record.layers.push_back({json::read_descriptor(layer.at("blob")), layer.at("diffId").digest()});
  });
  if (const auto created = root.find("created")) record.created = created->time();
  return record;
}

Event read_event(const json::Node& node, const JournalLine& line) {
  const std::string kind = node.at("kind").string();
  if (kind == "added") return ImageAdded{record_of(node.at("record"))};
  if (kind == "tag") return read_move(node, line);
  if (kind == "gone") return ImageGone{node.at("image").digest()};
  if (kind == "removed") return ImageRemoved{node.at("image").digest()};
  node.at("kind").fail("is unknown to this davit");
}

}  // namespace

std::string write_record(const ImageRecord& record) { return boost::json::serialize(record_object(record)); }

ImageRecord read_record(std::string_view text) { return record_of(parse(text, "image record").root()); }

std::string write_line(const JournalLine& line) {
  object out;
  out["sequence"] = line.sequence;
  out["when"] = base::to_rfc3339(line.when);
  if (!line.command.empty()) out["command"] = line.command;
  boost::json::array& events = out["events"].emplace_array();
  for (const Event& event : line.events) {
    std::visit([&](const auto& kind) { put_event(events.emplace_back(object()).as_object(), kind); }, event);
  }
  return boost::json::serialize(out);
}

JournalLine read_line(std::string_view text) {
  const json::Document document = parse(text, "line");
  const json::Node root = document.root();
  JournalLine line{root.at("sequence").size(), root.at("when").time(), root.string_or_empty("command"), {}};
  root.at("events").each_element([&](const json::Node& event) { line.events.push_back(read_event(event, line)); });
  if (line.events.empty()) root.at("events").fail("must not be empty");
  return line;
}

std::string write_descriptor(const oci::Descriptor& descriptor) {
  return boost::json::serialize(json::write_descriptor(descriptor));
}

oci::Descriptor read_descriptor(std::string_view text) {
  return json::read_descriptor(parse(text, "descriptor").root());
}

}  // namespace davit::store
