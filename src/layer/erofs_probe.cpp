#include "layer/erofs_probe.h"

#include <algorithm>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/io.h"
#include "base/strings.h"
#include "codec/erofs.h"
#include "codec/file_tree.h"
#include "layer/probe.h"

namespace davit::layer {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;
using fs::Backing;

namespace {

constexpr const char* kName = "file";
constexpr std::size_t kBlock = 512;

// Of several blocks, none like another.
std::string content() {
  std::string bytes;
  for (int i = 0; bytes.size() < 3 * kBlock - 100; ++i) bytes += std::to_string(i) + "\n";
  return bytes;
}

// The image and its device: a block of other bytes, then the file's data.
void write_image(const stdfs::path& folder) {
  const std::string bytes = content();
  std::string device = std::string(kBlock, '-') + bytes;
  device.resize((device.size() + kBlock - 1) / kBlock * kBlock, '\0');
  codec::FileTree tree;
  codec::FileNode file;
  file.mode = 0644;
  file.size = bytes.size();
  file.data = kBlock;
  tree.add(codec::kRootNode, kName, file);
  base::StringSink image;
  codec::write_erofs(tree, {.archive_bytes = device.size()}, image);
  fs::write_file(folder / "image", image.text());
  fs::write_file(folder / "device", device);
}

void try_backing(const stdfs::path& folder, Backing backing) {
  const stdfs::path place = folder / "place";
  const stdfs::path merged = folder / "merged";
  fs::mount_erofs({.image = folder / "image", .devices = {folder / "device"}, .backing = backing}, place);
  // Two lower folders, as an overlay without an upper one wants; it is EROFS that is asked here.
  fs::mount_overlay({.lower = {place, folder / "empty"}, .upper = {}, .work = {}, .target = merged});
  const std::string found = fs::read_file(merged / kName);
  fs::unmount(merged);
  fs::unmount(place);
  if (found != content()) throw Error(Code::kNotSupported, "a file in an EROFS mount has other bytes than its image");
}

// The folder's random name says nothing.
void add_reason(std::string& reasons, std::string reason, const stdfs::path& folder) {
  const std::string prefix = "mount EROFS image " + (folder / "image").string() + ": ";
  if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
  if (reasons.find(reason) != std::string::npos) return;
  if (!reasons.empty()) reasons += "; ";
  reasons += reason;
}

ErofsSupport try_all(const stdfs::path& folder) {
  write_image(folder);
  for (const auto* name : {"place", "merged", "empty"}) fs::make_directory(folder / name);
  ErofsSupport support;
  for (const Backing backing : {Backing::kFile, Backing::kLoop}) {
    try {
      try_backing(folder, backing);
      support.backing = backing;
      return support;
    } catch (const Error& error) {
      if (error.code() == Code::kCancelled || error.code() == Code::kPermissionDenied) throw;
      add_reason(support.reason, error.message(), folder);
    }
    for (const auto* name : {"merged", "place"}) fs::unmount(folder / name);
  }
  return support;
}

constexpr const char* kNone = "none";

const char* name_of(const std::optional<Backing>& backing) {
  if (!backing) return kNone;
  return *backing == Backing::kFile ? "file" : "loop";
}

}  // namespace

ErofsSupport probe_erofs(const stdfs::path& folder) {
  ErofsSupport support;
  probe_unseen(folder, [&](const stdfs::path& scratch) { support = try_all(scratch); });
  return support;
}

// The answer as a line: its name, and the reason after a blank.
ErofsSupport probe_erofs_once(const stdfs::path& folder) {
  const std::string answer = probe_once(folder, [&] {
    const ErofsSupport support = probe_erofs(folder);
    std::string reason = support.reason;
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    return name_of(support.backing) + (" " + reason) + "\n";
  });
  const std::string line(base::trim(answer));
  const std::string name = line.substr(0, line.find(' '));
  ErofsSupport support{.backing = std::nullopt, .reason = std::string(base::trim(line.substr(name.size())))};
  for (const Backing backing : {Backing::kFile, Backing::kLoop}) {
    if (name == name_of(backing)) support.backing = backing;
  }
  return support;
}

}  // namespace davit::layer
