#include "layer/mount_records.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/hash.h"

namespace davit::layer {

namespace fs = base::fs;
namespace json = boost::json;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;

namespace {

constexpr int kFormat = 1;

void write(const stdfs::path& file, json::object object) {
  object["format"] = kFormat;
  fs::write_file(file, json::serialize(object) + "\n");
}

std::string text(const json::object& object, const char* key) { return std::string(object.at(key).as_string()); }

template <typename Parse>
auto read(const stdfs::path& file, const Parse& parse) -> std::optional<decltype(parse(json::object()))> {
  const auto content = fs::read_file_if_exists(file);
  if (!content) return std::nullopt;
  try {
    const json::object object = json::parse(*content).as_object();
    if (object.at("format").to_number<int>() != kFormat)
      throw Error(Code::kNotSupported, "it is of another version of davit");
    return parse(object);
  } catch (const std::exception& error) {
    base::log::warn("'{}' is not read: {}", file.string(), error.what());
    return std::nullopt;
  }
}

base::MountNamespace parse_namespace(const json::object& object) {
  return {.boot_id = text(object, "boot_id"), .inode = object.at("namespace").to_number<std::uint64_t>()};
}

}  // namespace

std::optional<PlaceRecord> read_place(const stdfs::path& file) {
  return read(file, [](const json::object& object) {
    return PlaceRecord{.mount_namespace = parse_namespace(object),
                       .mount_id = object.at("mount_id").to_number<std::uint64_t>(),
                       .pid = object.at("pid").to_number<int>(),
                       .root = text(object, "root"),
                       .run = text(object, "run")};
  });
}

void write_place(const stdfs::path& file, const PlaceRecord& record) {
  write(file, {{"boot_id", record.mount_namespace.boot_id},
               {"namespace", record.mount_namespace.inode},
               {"mount_id", record.mount_id},
               {"pid", record.pid},
               {"root", record.root.string()},
               {"run", record.run.string()}});
}

stdfs::path user_file(const stdfs::path& folder, const stdfs::path& target) {
  return folder / codec::digest_of(target.native()).hex();
}

std::optional<MountUser> read_user(const stdfs::path& file) {
  return read(file, [](const json::object& object) {
    MountUser user{.target = text(object, "target"), .mount_namespace = parse_namespace(object), .layers = {}};
    for (const auto& layer : object.at("layers").as_array())
      user.layers.push_back(oci::Digest::parse(std::string_view(layer.as_string())));
    return user;
  });
}

void write_user(const stdfs::path& folder, const MountUser& user) {
  json::array layers;
  for (const auto& layer : user.layers) layers.emplace_back(layer.text());
  write(user_file(folder, user.target), {{"target", user.target.string()},
                                         {"boot_id", user.mount_namespace.boot_id},
                                         {"namespace", user.mount_namespace.inode},
                                         {"layers", std::move(layers)}});
}

std::vector<MountUser> read_users(const stdfs::path& folder) {
  std::vector<MountUser> users;
  for (const auto& name : fs::list(folder)) {
    if (!base::is_hex(name)) continue;  // one that is being written
    if (auto user = read_user(folder / name)) users.push_back(std::move(*user));
  }
  return users;
}

}  // namespace davit::layer
