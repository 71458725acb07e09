#include "transfer/save.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "base/fs/replacement.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/platform.h"
#include "cli/progress.h"
#include "operations/images_to_save.h"

namespace davit::cli {

namespace {

// Docker's client looks at the place before it asks its daemon for anything; its words.
void check_output(const std::filesystem::path& output) {
  const auto refuse = [](const std::string& why) { throw ClientError("failed to save image: " + why); };
  struct stat status {};
  const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
  const auto bad_folder = [&](int error_number) {
    on_client_side(
        [&] { base::throw_errno(error_number, "failed to save image: invalid output path: stat " + folder.string()); });
  };
  if (::stat(folder.c_str(), &status) != 0) bad_folder(errno);
  if (!S_ISDIR(status.st_mode)) bad_folder(ENOTDIR);
  if (::lstat(output.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    on_client_side([&] {
      base::throw_errno(errno, "failed to save image: failed to stat output path: lstat " + output.string());
    });
  }
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      return;
    case S_IFDIR:
      refuse("cannot write to a directory");
      break;
    case S_IFLNK:
      refuse("cannot write to a symbolic link directly");
      break;
    case S_IFIFO:
      refuse("cannot write to a named pipe (FIFO)");
      break;
    case S_IFSOCK:
      refuse("cannot write to a socket");
      break;
    case S_IFCHR:
      refuse("cannot write to a character device file");
      break;
    default:
      refuse("cannot write to a block device file");
  }
}

// The user's file or pipe: what goes wrong with it is the client's error.
class OutputSink final : public base::Sink {
 public:
  explicit OutputSink(base::fs::File& file) : file_(file) {}
  void write(base::ByteView bytes) override {
    on_client_side([&] { file_.write(bytes); });
  }

 private:
  base::fs::File& file_;
};

}  // namespace

int run_save(Context& context, const Arguments& arguments) {
  transfer::SaveOptions options;
  options.platform = on_client_side([&] { return platform_of(arguments); });
  const std::string output = arguments.text("output");
  if (output.empty() && isatty(STDOUT_FILENO) == 1)
    throw ClientError("cowardly refusing to save to a terminal. Use the -o flag or redirect");
  if (!output.empty()) check_output(output);

  const auto images = operations::images_to_save(context.images(), arguments.positional());
  auto progress = make_progress(false, stderr);  // standard output may be the archive
  std::optional<base::fs::Replacement> replacement;
  std::optional<base::fs::File> standard_output;
  std::optional<OutputSink> sink;
  transfer::save(
      context.store(), images, options,
      [&]() -> base::Sink& {
        on_client_side([&] {
          if (output.empty()) {
            standard_output = base::fs::File::adopt(base::fs::FileDescriptor(::dup(STDOUT_FILENO)), "/dev/stdout");
          } else {
            replacement.emplace(output);
          }
        });
        return sink.emplace(replacement ? replacement->file() : *standard_output);
      },
      *progress);
  progress.reset();
  if (replacement) on_client_side([&] { replacement->commit(); });
  return 0;
}

}  // namespace davit::cli
