#include "layer/layer_record.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"

namespace davit::layer {

namespace fs = base::fs;
namespace json = boost::json;
using base::Code;
using base::Error;

namespace {

constexpr const char* kRecordName = "layer.json";
constexpr const char* kImpliedName = "implied";
constexpr std::size_t kImpliedLimit = std::size_t{1} << 30;

KeptLayer parse(const std::string& text) {
  const json::object object = json::parse(text).as_object();
  const auto format = object.at("format").to_number<int>();
  if (format > kLayerFormat) {
    throw Error::format(Code::kNotSupported, "layer format {} is newer than this davit knows ({})", format,
                        kLayerFormat);
  }
  const auto count = [&](const char* key) { return object.at(key).to_number<std::uint64_t>(); };
  const auto flag = [&](const char* key) { return object.at(key).as_bool(); };
  const auto text_of = [&](const char* key) { return std::string(object.at(key).as_string()); };
  std::optional<std::uint64_t> measured;
  if (object.contains("measured")) measured = count("measured");
  std::optional<oci::Digest> image;
  if (object.contains("image")) image = oci::Digest::parse(text_of("image"));
  return {.layer = {.diff_id = oci::Digest::parse(text_of("diff_id")),
                    .driver = text_of("driver"),
                    .format = format,
                    .size = count("size"),
                    .disk_bytes = count("disk_bytes"),
                    .entries = count("entries"),
                    .has_implied_folders = flag("implied")},
          .root_listed = flag("root_listed"),
          .root_special = flag("root_special"),
          .root_opaque = flag("root_opaque"),
          .measured = measured,
          .image = image,
          .has_beside = image && flag("beside")};
}

std::string to_text(const KeptLayer& record) {
  json::object object = {{"format", record.layer.format},
                         {"driver", record.layer.driver},
                         {"marker", "trusted"},
                         {"diff_id", record.layer.diff_id.text()},
                         {"size", record.layer.size},
                         {"disk_bytes", record.layer.disk_bytes},
                         {"entries", record.layer.entries},
                         {"implied", record.layer.has_implied_folders},
                         {"root_listed", record.root_listed},
                         {"root_special", record.root_special},
                         {"root_opaque", record.root_opaque}};
  if (record.measured) object["measured"] = *record.measured;
  if (record.image) {
    object["image"] = record.image->text();
    object["beside"] = record.has_beside;
  }
  return json::serialize(object) + "\n";
}

}  // namespace

void write_layer_record(const std::filesystem::path& folder, const KeptLayer& record,
                        const std::vector<std::string>& implied) {
  if (!implied.empty()) {
    std::string names;
    for (const auto& path : implied) (names += path) += '\0';
    if (names.size() > kImpliedLimit) throw Error(Code::kNotSupported, "the layer implies too many folders");
    fs::write_file(folder / kImpliedName, names);
  }
  fs::write_file(folder / kRecordName, to_text(record));
}

void rewrite_layer_record(const std::filesystem::path& folder, const KeptLayer& record) {
  fs::write_file_durably(folder / kRecordName, to_text(record));
}

std::optional<KeptLayer> read_layer_record(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kRecordName;
  const auto text = fs::read_file_if_exists(path, 64 * 1024);
  if (!text) return std::nullopt;
  try {
    return parse(*text);
  } catch (Error& e) {
    e.add_frame("while reading {}", path.string());
    throw;
  } catch (const std::exception& e) {
    throw Error::format(Code::kCorrupt, "{} is damaged: {}", path.string(), e.what());
  }
}

std::vector<std::string> read_implied(const std::filesystem::path& folder) {
  std::string names = fs::read_file(folder / kImpliedName, kImpliedLimit);
  if (names.empty() || names.back() != '\0') {
    throw Error::format(Code::kCorrupt, "{} is damaged", (folder / kImpliedName).string());
  }
  names.pop_back();
  return base::split(names, '\0');
}

}  // namespace davit::layer
