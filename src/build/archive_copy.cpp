#include "build/archive_copy.h"

#include <array>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/strings.h"
#include "codec/compression.h"
#include "layer/archive_name.h"

namespace davit::build {

namespace fs = base::fs;

namespace {

fs::File open(const fs::Directory& tree, const std::string& path) {
  auto file = tree.open_file_inside(path);
  if (!file) throw base::Error::format(base::Code::kNotFound, "\"/{}\": not found", base::printable(path));
  return std::move(*file);
}

std::string moved(const TreeCopy& copy, const std::string& target, const std::string& name) {
  const auto clean = layer::clean_archive_path(name);
  const auto parent = copy.resolve(layer::join_path(target, layer::parent_of(clean)));
  return clean.empty() ? target : layer::join_path(parent, layer::last_of(clean));
}

}  // namespace

bool is_archive(const fs::Directory& tree, const std::string& path) try {
  fs::FileSource bytes(open(tree, path));
  const auto plain = codec::decompress_detected(bytes);
  codec::TarReader reader(*plain);
  return reader.next().has_value();
} catch (const base::Error&) {
  return false;
}

void write_archive(const TreeCopy& copy, const fs::Directory& tree, const std::string& path, const std::string& target,
                   const CopyOptions& options, codec::TarWriter& writer) {
  fs::FileSource bytes(open(tree, path));
  const auto plain = codec::decompress_detected(bytes);
  codec::TarReader reader(*plain);
  while (auto entry = reader.next()) {
    base::check_interrupted();
    if (layer::last_of(layer::clean_archive_path(entry->path)).starts_with(".wh.")) {
      base::log::warn("{} of {} is left out: a layer takes its name for a whiteout", base::printable(entry->path),
                      path);
      continue;
    }
    entry->path = moved(copy, target, entry->path);
    if (entry->path.empty()) continue;  // the image's root keeps its attributes
    if (entry->type == codec::EntryType::kHardLink) entry->link_target = moved(copy, target, entry->link_target);
    if (options.owner) {
      entry->uid = options.owner->uid;
      entry->gid = options.owner->gid;
    }
    writer.add(*entry, entry->type == codec::EntryType::kFile ? &reader.data() : nullptr);
  }
  reader.drain();
}

}  // namespace davit::build
