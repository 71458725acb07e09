#include "operations/copy_files.h"

#include <array>
#include <filesystem>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"
#include "base/pipe.h"
#include "base/strings.h"
#include "codec/compression.h"
#include "codec/tar.h"
#include "container/root_view.h"
#include "layer/tree_tar.h"
#include "operations/copy_plan.h"
#include "operations/extract_archive.h"

namespace davit::operations {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;
using base::Code;
using base::Error;
using container::RootKind;

constexpr int kMostLinks = 40;

[[noreturn]] void refuse(const std::string& words) { throw CopyMistake(Code::kInvalidArgument, words); }

// Of docker's client: its refusals are not the daemon's.
template <typename Act>
auto as_client(const Act& act) {
  try {
    return act();
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    throw CopyMistake(error.code(), error.message());
  }
}

stdfs::path relative(const std::string& path) { return stdfs::path(path).relative_path(); }

// A path in a root, looked up: what is there itself, not what it may link to.
struct Located {
  std::optional<fs::Directory> folder;  // around it; none where the path has none
  std::string name;
  std::optional<struct stat> status;  // none: nothing is there

  bool is_link() const { return status && S_ISLNK(status->st_mode); }
};

Located locate(const fs::Directory& root, const std::string& path) {
  Located located = {.folder = root.open_inside(relative(folder_of(path))), .name = name_in_folder(path)};
  if (!located.folder) return located;
  if (located.name == "." || located.name == "..") {
    if (const auto folder = root.open_inside(relative(path))) located.status = folder->own_status();
  } else {
    located.status = located.folder->status(located.name);
  }
  return located;
}

// Whether a part of the path is something else than a folder, so that nothing can lie in it.
bool leads_through_a_file(const fs::Directory& root, std::string path) {
  while (path != "/") {
    path = folder_of(path);
    if (root.open_inside(relative(path))) return false;
    if (root.open_path_inside(relative(path))) return true;
  }
  return false;
}

[[noreturn]] void refuse_missing(const fs::Directory& root, const CopyName& name, const InContainer& shown) {
  if (leads_through_a_file(root, name.path))
    throw Error::format(Code::kInvalidArgument, "lstat {}: not a directory", base::printable(shown.path));
  throw Error::format(Code::kNotFound, "Could not find the file {} in container {}", base::printable(shown.path),
                      shown.container);
}

// What a link in the end leads to, links among the parents left as they are.
std::string follow(const fs::Directory& root, std::string path) {
  for (int links = 0; links < kMostLinks; ++links) {
    const auto located = locate(root, path);
    if (!located.is_link()) return path;
    const auto target = located.folder->read_link(located.name).value_or("");
    // ".." stays: a link may stand before it.
    path = target.starts_with('/') ? target : folder_of(path) + "/" + target;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }
  throw Error::format(Code::kInvalidArgument, "{}: too many levels of symbolic links", base::printable(path));
}

// Something to be copied.
struct Part {
  std::optional<fs::Directory> whole;   // a folder itself
  std::optional<fs::Directory> folder;  // else what has that name in it
  std::string name;
  CopySource source;

  void write(base::Sink& tar) {
    if (whole) {
      layer::write_part(std::move(*whole), source.contents_only ? "." : source.name, tar);
    } else {
      layer::write_part(*folder, name, source.name, tar);
    }
  }
};

// Nothing when it is not there.
std::optional<Part> find_part(const fs::Directory& root, const CopyName& typed, bool follow_link) {
  const std::string path = follow_link ? follow(root, typed.path) : typed.path;
  auto located = locate(root, path);
  if (!located.status) return std::nullopt;
  Part part = {.whole = {},
               .folder = {},
               .name = located.name,
               .source = {.name = name_in_folder(typed.path), .contents_only = typed.contents_only}};
  if (S_ISDIR(located.status->st_mode) || typed.asserts_folder) {
    part.whole = root.open_inside(relative(path));
    if (!part.whole) return std::nullopt;
    part.source.is_folder = true;
  } else {
    part.folder = std::move(located.folder);
  }
  return part;
}

CopyDestination find_destination(const fs::Directory& root, const CopyName& typed) {
  CopyDestination destination = {.path = follow(root, typed.path), .asserts_folder = typed.asserts_folder};
  const auto located = locate(root, destination.path);
  destination.exists = located.status.has_value();
  destination.is_folder = located.status && S_ISDIR(located.status->st_mode);
  return destination;
}

class CountingSink final : public base::Sink {
 public:
  CountingSink(base::Sink& sink, const CopyOptions& options) : sink_(sink), options_(options) {}
  void write(base::ByteView bytes) override {
    sink_.write(bytes);
    bytes_ += bytes.size();
    if (options_.progress) options_.progress(bytes_);
  }
  void finish() override { sink_.finish(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  base::Sink& sink_;
  const CopyOptions& options_;
  std::uint64_t bytes_ = 0;
};

// One thread reads the part, this one writes what comes.
std::uint64_t pass_on(Part part, const fs::Directory& root, const ExtractOptions& extract, const CopyOptions& options) {
  base::Pipe pipe;
  CountingSink counted(pipe.sink(), options);
  std::uint64_t bytes = 0;
  {
    const std::jthread reader([&] {
      try {
        part.write(counted);
        counted.finish();
      } catch (...) {
        pipe.fail(std::current_exception());
      }
    });
    try {
      codec::TarReader tar(pipe.source());
      bytes = extract_archive(tar, root, extract);
    } catch (...) {
      pipe.close();
      throw;
    }
  }
  return bytes;
}

stdfs::path absolute(const std::string& path) { return stdfs::current_path() / path; }

// With its ending, which absolute paths keep.
CopyName host_name(const std::string& text) {
  CopyName name = parse_copy_name(absolute(text).string());
  name.contents_only |= text == ".";
  name.asserts_folder |= text == "." || text == "..";
  return name;
}

void check_output(const CopyName& destination) {
  const std::string folder = folder_of(destination.path);
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0 && errno == ENOENT)
    refuse("invalid output path: directory \"" + base::printable(folder) + "\" does not exist");
  if (::stat(destination.path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
    refuse("invalid output path: \"" + base::printable(destination.path) + "\" must be a directory or a regular file" +
           (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? ": got a device" : ""));
}

// A container's root may be written to, but for what is mounted read-only.
void require_writable(const container::Description& description, const std::string& path) {
  const container::MountPoint* holder = nullptr;
  for (const auto& mount : description.mounts) {
    const std::string target = mount.target.string();
    if (path != target && !path.starts_with(target + "/")) continue;
    if (holder == nullptr || target.size() > holder->target.string().size()) holder = &mount;
  }
  if (holder != nullptr && holder->read_only)
    throw Error(Code::kPermissionDenied, "mounted volume is marked read-only");
  if (holder == nullptr && description.read_only_root)
    throw Error(Code::kPermissionDenied, "container rootfs is marked read-only");
}

// Docker unpacks by a program of its own, and says how that ended.
template <typename Extract>
auto as_tar_file(const Extract& extract) {
  try {
    return extract();
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt && error.code() != Code::kConflict && error.code() != Code::kInvalidArgument)
      throw;
    throw Error::format(error.code(), "Error processing tar file(exit status 1): {}", error.message());
  }
}

fs::Ownership ours() { return {::geteuid(), ::getegid()}; }

Part get_part(const fs::Directory& root, const InContainer& source, const CopyOptions& options) {
  CopyName name = parse_copy_name(source.path);
  auto part = find_part(root, name, options.follow_link);
  if (part) return std::move(*part);
  if (options.follow_link) {
    name.path = follow(root, name.path);
    refuse_missing(root, name, {source.container, name.path});
  }
  const auto located = locate(root, name.path);
  if (located.status && name.asserts_folder)
    throw Error::format(Code::kInvalidArgument, "lstat {}: not a directory", base::printable(source.path));
  refuse_missing(root, name, source);
}

void require_path(const InContainer& place) {
  if (place.path.empty()) throw Error(Code::kInvalidArgument, "bad parameter: pathcannot be empty");
}

}  // namespace

std::uint64_t copy_out(container::ContainerStore& containers, const InContainer& source, const std::string& destination,
                       const CopyOptions& options) {
  const std::string id = containers.get(source.container).id();
  const CopyName to = host_name(destination);
  check_output(to);
  require_path(source);
  const auto host = fs::Directory::open("/");
  std::uint64_t bytes = 0;
  container::with_root(containers, id, RootKind::kAsSeen, [&](const fs::Directory& root, const container::Container&) {
    Part part = get_part(root, source, options);
    const CopyPlan plan = as_client([&] { return plan_copy(part.source, find_destination(host, to)); });
    ExtractOptions extract = {.folder = plan.folder, .name = plan.name, .owner = {}};
    if (part.source.contents_only && plan.name.empty()) extract.name.reset();
    if (!options.keep_owners) extract.owner = ours();
    bytes = pass_on(std::move(part), host, extract, options);
  });
  return bytes;
}

std::uint64_t copy_out(container::ContainerStore& containers, const InContainer& source, base::Sink& tar,
                       const CopyOptions& options) {
  const std::string id = containers.get(source.container).id();
  require_path(source);
  CountingSink counted(tar, options);
  container::with_root(containers, id, RootKind::kAsSeen, [&](const fs::Directory& root, const container::Container&) {
    Part part = get_part(root, source, options);
    if (options.follow_link) part.source.name = part.name;
    part.write(counted);
  });
  counted.finish();
  return counted.bytes();
}

std::uint64_t copy_in(container::ContainerStore& containers, const std::string& source, const InContainer& destination,
                      const CopyOptions& options) {
  const std::string id = containers.get(destination.container).id();
  const auto host = fs::Directory::open("/");
  const CopyName from = host_name(source);
  auto part = as_client([&] { return find_part(host, from, options.follow_link); });
  if (!part) {
    const std::string missing = options.follow_link ? follow(host, from.path) : from.path;
    refuse("lstat " + base::printable(missing) + ": no such file or directory");
  }
  if (destination.path.empty()) refuse("no such directory");
  const CopyName to = parse_copy_name(destination.path);
  std::uint64_t bytes = 0;
  container::with_root(containers, id, RootKind::kAsSeen,
                       [&](const fs::Directory& root, const container::Container& container) {
                         const auto there = find_destination(root, to);
                         const CopyPlan plan = as_client([&] { return plan_copy(part->source, there); });
                         require_writable(container.record.description, plan.folder);
                         if (!root.open_inside(relative(plan.folder)))
                           refuse_missing(root, {.path = plan.folder}, {destination.container, plan.folder});
                         ExtractOptions extract = {.folder = plan.folder, .name = plan.name, .owner = {}};
                         if (part->source.contents_only && plan.name.empty()) extract.name.reset();
                         bytes = as_tar_file([&] { return pass_on(std::move(*part), root, extract, options); });
                       });
  return bytes;
}

void copy_in(container::ContainerStore& containers, base::Source& tar, const InContainer& destination) {
  const std::string id = containers.get(destination.container).id();
  const CopyName to = parse_copy_name(destination.path);
  container::with_root(
      containers, id, RootKind::kAsSeen, [&](const fs::Directory& root, const container::Container& container) {
        const auto there = find_destination(root, to);
        if (!there.is_folder)
          refuse("destination \"" + destination.container + ":" + destination.path + "\" must be a directory");
        require_writable(container.record.description, there.path);
        as_tar_file([&] {
          std::array<std::byte, 6> head = {};
          const std::size_t size = base::read_full(tar, head);
          base::MemorySource begin(base::ByteView(head).first(size));
          base::ConcatSource whole(begin, tar);
          const auto plain = codec::decompress(whole, codec::detect_compression(base::ByteView(head).first(size)));
          codec::TarReader reader(*plain);
          extract_archive(reader, root, {.folder = there.path, .name = {}, .owner = {}});
        });
      });
}

}  // namespace davit::operations
