#include "build/copy_step.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "build/archive_copy.h"
#include "build/copy_sources.h"
#include "build/layer_maker.h"
#include "build/source_trees.h"
#include "layer/archive_name.h"
#include "runtime/user.h"

namespace davit::build {

namespace fs = base::fs;
using base::Code;
using base::Error;
using dockerfile::CopySources;

namespace {

constexpr mode_t kInlineMode = 0644;

// A tree that is read, and which of its paths are wanted.
struct Source {
  std::unique_ptr<LayersTree> layers;
  std::optional<fs::Directory> folder;
  TreeCopy::Filter wanted;
  bool is_context = false;  // its files are nobody's: they become root's

  const fs::Directory& root() const {
    const fs::Directory* found = folder ? &*folder : layers ? layers->root() : nullptr;
    if (found == nullptr) throw Error(Code::kNotFound, "there is nothing to copy from: the source is empty");
    return *found;
  }
};

Source context_source(StepContext& context) {
  Source source = {.is_context = true};
  if (context.request.context) source.folder = fs::Directory::open(*context.request.context);
  if (!context.ignored.empty()) {
    source.wanted = [&context](const std::string& path, bool) { return wanted_by(context.ignored, path); };
  }
  return source;
}

Source find_source(StepContext& context, const std::string& from) {
  if (from.empty()) return context_source(context);
  if (const auto named = context.request.contexts.find(from); named != context.request.contexts.end())
    return {.folder = fs::Directory::open(named->second), .is_context = true};
  Source source;
  source.layers = std::make_unique<LayersTree>(context.workshop.store.layers(), context.trees.find(from).diff_ids);
  return source;
}

std::optional<mode_t> mode_of(const std::string& text) {
  if (text.empty()) return {};
  const bool octal =
      text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
  if (!octal) {
    throw Error::format(Code::kInvalidArgument,
                        "invalid chmod parameter: '{}'. it should be octal string and between 0 and 07777",
                        base::printable(text));
  }
  return static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

// Names of users and groups are those of the image.
std::optional<Owner> owner_of(const std::string& text, const fs::Directory* below) {
  if (text.empty()) return {};
  runtime::User user;
  const auto colon = text.find(':');
  if (below != nullptr) {
    user = runtime::find_user(*below, text);
  } else {
    user = runtime::find_user("", "", text);
  }
  if (colon == std::string::npos) user.gid = user.uid;  // the Dockerfile reference, "COPY --chown"
  return Owner{.uid = user.uid, .gid = user.gid};
}

timespec to_timespec(base::Time time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
}

std::string words_of(const char* instruction, const CopySources& sources, const std::string& flags) {
  std::vector<std::string> words = {instruction};
  if (!flags.empty()) words.push_back(flags);
  if (!sources.chown.empty()) words.push_back("--chown=" + sources.chown);
  if (!sources.chmod.empty()) words.push_back("--chmod=" + sources.chmod);
  if (sources.link) words.emplace_back("--link");
  words.insert(words.end(), sources.paths.begin(), sources.paths.end());
  for (const auto& file : sources.files) words.push_back("<<" + file.name);
  words.push_back(sources.destination);
  return base::join(words, " ") + " # buildkit";
}

void check_destination(const CopySources& sources, const char* instruction) {
  if (sources.paths.size() + sources.files.size() < 2 || sources.destination.ends_with('/') ||
      sources.destination == "." || sources.destination.ends_with("/."))
    return;
  throw Error::format(
      Code::kInvalidArgument,
      "When using {} with more than one source file, the destination must be a directory and end with a /",
      instruction);
}

// An archive that is unpacked: its path in the context, and the folder that it goes to.
struct Unpacked {
  std::string path, target;
};

struct Planned {
  LayersTree below;
  TreeCopy copy;
  CopyOptions options;
  std::vector<Unpacked> archives;

  Planned(StepContext& context, const CopySources& sources, const StageState& state)
      : below(context.workshop.store.layers(), sources.link ? std::vector<oci::Digest>() : state.diff_ids()),
        copy(below.root()) {
    LayersTree own(context.workshop.store.layers(),
                   sources.chown.empty() ? std::vector<oci::Digest>() : state.diff_ids());
    options = {
        .owner = owner_of(sources.chown, own.root()), .mode = mode_of(sources.chmod), .made = to_timespec(base::now())};
  }
};

std::string archives_key(const Planned& planned, const Source& source, FileDigests& digests) {
  std::vector<std::string> parts;
  for (const auto& archive : planned.archives) {
    const auto file = source.root().open_file_inside(archive.path).value();
    parts.push_back(digests.digest(file, file.status()) + " " + archive.target);
  }
  return key_of(parts);
}

void put_in_layer(StepContext& context, const Planned& planned, const Source& source, const StepRun& run,
                  const std::string& kind, const std::string& history, StageState& state) {
  const auto owner =
      planned.options.owner ? fmt::format("{}:{}", planned.options.owner->uid, planned.options.owner->gid) : "";
  const auto key = key_of({state.key, kind, planned.copy.content_digest(context.digests),
                           planned.archives.empty() ? "" : archives_key(planned, source, context.digests) + owner});
  do_step(context, run, key, history, state, [&](int) {
    return make_layer(context.workshop.store, context.lease, context.request.layers, [&](base::Sink& tar) {
      if (planned.copy.empty() && planned.archives.empty()) return false;
      codec::TarWriter writer(tar);
      planned.copy.write(writer);
      for (const auto& archive : planned.archives)
        write_archive(planned.copy, source.root(), archive.path, archive.target, planned.options, writer);
      writer.finish();
      return true;
    });
  });
}

CopyTo destination_of(const CopySources& sources, const StageState& state, bool parents = false) {
  return {.destination = sources.destination,
          .working_dir = state.config.config.working_dir,
          .parents = parents,
          .excludes = dockerfile::IgnorePatterns(sources.excludes)};
}

void add_inline_files(Planned& planned, const CopySources& sources, const CopyTo& to) {
  for (const auto& file : sources.files)
    planned.copy.add_bytes(file.content, kInlineMode, file_target(planned.copy, to, file.name), planned.options);
}

// Files of a context are root's, whoever has them there.
CopyOptions for_source(CopyOptions options, const Source& source) {
  if (source.is_context && !options.owner) options.owner = Owner{};
  return options;
}

}  // namespace

void copy_step(StepContext& context, const dockerfile::Copy& copy, const StepRun& run, StageState& state) {
  check_destination(copy.sources, "COPY");
  const auto source = find_source(context, copy.from);
  Planned planned(context, copy.sources, state);
  const auto to = destination_of(copy.sources, state, copy.parents);
  if (!copy.sources.paths.empty()) {
    add_sources(planned.copy, source.root(), copy.sources.paths, to, for_source(planned.options, source),
                source.wanted);
  }
  add_inline_files(planned, copy.sources, to);
  std::string flags = copy.from.empty() ? "" : "--from=" + copy.from;
  if (copy.parents) flags += flags.empty() ? "--parents" : " --parents";
  put_in_layer(context, planned, source, run, copy.sources.link ? "COPY --link" : "COPY",
               words_of("COPY", copy.sources, flags), state);
}

void add_step(StepContext& context, const dockerfile::Add& add, const StepRun& run, StageState& state) {
  check_destination(add.sources, "ADD");
  if (!add.checksum.empty() || add.keep_git_dir)
    throw Error(Code::kNotSupported,
                "ADD --checksum and --keep-git-dir are of URLs and git repositories, which davit does not fetch yet: "
                "copy a file that was fetched before");
  const auto source = context_source(context);
  Planned planned(context, add.sources, state);
  const auto to = destination_of(add.sources, state);
  const auto options = for_source(planned.options, source);
  for (const auto& pattern : add.sources.paths) {
    if (pattern.find("://") != std::string::npos || pattern.starts_with("git@")) {
      throw Error::format(
          Code::kNotSupported,
          "ADD {}: davit does not fetch URLs and git repositories yet: ADD or COPY a file that was fetched before",
          base::printable(pattern));
    }
    for (const auto& path : find_sources(source.root(), pattern, source.wanted)) {
      bool folder = false;
      if (add.unpack.value_or(true) && is_archive(source.root(), path)) {
        const auto target = planned.copy.resolve(destination_path(to, folder));
        planned.copy.add_folder(target, planned.options);
        planned.archives.push_back({path, target});
      } else {
        add_sources(planned.copy, source.root(), {path}, to, options, source.wanted);
      }
    }
  }
  add_inline_files(planned, add.sources, to);
  put_in_layer(context, planned, source, run, "ADD", words_of("ADD", add.sources, ""), state);
}

void workdir_step(StepContext& context, const dockerfile::Workdir& workdir, const StepRun& run, StageState& state) {
  if (workdir.path.empty()) throw Error(Code::kInvalidArgument, "WORKDIR requires a path");
  auto& config = state.config.config;
  const auto path =
      layer::clean_archive_path(workdir.path.starts_with('/') ? workdir.path : config.working_dir + "/" + workdir.path);
  config.working_dir = "/" + path;
  Planned planned(context, {}, state);
  planned.copy.add_folder(planned.copy.resolve(path), planned.options);
  put_in_layer(context, planned, {}, run, "WORKDIR", "WORKDIR " + config.working_dir, state);
}

}  // namespace davit::build
