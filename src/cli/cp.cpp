#include <filesystem>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/input.h"
#include "cli/arguments.h"
#include "cli/context.h"
#include "cli/output.h"
#include "operations/copy_files.h"
#include "text/size.h"

namespace davit::cli {

namespace {

// "CONTAINER:PATH", or nothing for a path of the host: one that begins with a slash or a dot, or has no colon.
std::optional<operations::InContainer> in_container(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (text.starts_with('/') || text.starts_with('.') || colon == std::string::npos || colon == 0) return std::nullopt;
  return operations::InContainer{.container = text.substr(0, colon), .path = text.substr(colon + 1)};
}

// Docker's line that counts up on a terminal, and what stands there in the end.
class CopyProgress {
 public:
  explicit CopyProgress(std::string what) : what_(std::move(what)), on_terminal_(isatty(STDERR_FILENO) == 1) {}

  void show(std::uint64_t bytes) {
    if (!on_terminal_ || bytes - shown_ < kStep) return;
    shown_ = bytes;
    put("\r\x1b[K" + what_ + " - " + text::human_size(bytes));
  }
  void end(std::uint64_t bytes, const std::string& destination) {
    put(fmt::format("{}Successfully copied {} to {}\n", shown_ > 0 ? "\r\x1b[K" : "",
                    text::human_size(bytes, text::kImageSizeDigits), destination));
  }

 private:
  static constexpr std::uint64_t kStep = 4 * 1024 * 1024;
  static void put(const std::string& text) { fmt::print(stderr, "{}", text); }

  std::string what_;
  bool on_terminal_;
  std::uint64_t shown_ = 0;
};

void copy_out(Context& context, const operations::InContainer& source, const std::string& destination,
              operations::CopyOptions options, bool quiet) {
  if (destination == "-") {
    if (isatty(STDOUT_FILENO) == 1) throw ClientError("standard output is a terminal: redirect it, or name a place");
    base::fs::File out = base::fs::File::adopt(base::fs::FileDescriptor(::dup(STDOUT_FILENO)), "/dev/stdout");
    base::fs::FileSink sink(out);
    operations::copy_out(context.containers(), source, sink, options);
    return;
  }
  CopyProgress progress("Copying from container");
  if (!quiet) options.progress = [&](std::uint64_t bytes) { progress.show(bytes); };
  const std::uint64_t bytes = operations::copy_out(context.containers(), source, destination, options);
  if (!quiet) progress.end(bytes, std::filesystem::absolute(destination).string());
}

void copy_in(Context& context, const std::string& source, const operations::InContainer& destination,
             operations::CopyOptions options, bool quiet) {
  if (source == "-") {
    if (isatty(STDIN_FILENO) == 1) throw ClientError("standard input is a terminal: pipe an archive in");
    base::fs::InputSource in(STDIN_FILENO, "standard input");
    operations::copy_in(context.containers(), in, destination);
    return;
  }
  CopyProgress progress("Copying to container");
  if (!quiet) options.progress = [&](std::uint64_t bytes) { progress.show(bytes); };
  const std::uint64_t bytes = operations::copy_in(context.containers(), source, destination, options);
  if (!quiet) progress.end(bytes, destination.container + ":" + destination.path);
}

}  // namespace

int run_cp(Context& context, const Arguments& arguments) {
  const std::string& from = arguments.positional()[0];
  const std::string& to = arguments.positional()[1];
  if (from.empty()) throw ClientError("source can not be empty");
  if (to.empty()) throw ClientError("destination can not be empty");
  const operations::CopyOptions options = {
      .keep_owners = arguments.flag("archive"), .follow_link = arguments.flag("follow-link"), .progress = {}};
  // Docker says nothing where its standard output is no terminal, unless it is asked to.
  const bool quiet = arguments.given("quiet") ? arguments.flag("quiet") : isatty(STDOUT_FILENO) != 1;
  const auto source = in_container(from), destination = in_container(to);
  try {
    if (source && destination) throw ClientError("copying between containers is not supported");
    if (source) {
      copy_out(context, *source, to, options, quiet);
    } else if (destination) {
      copy_in(context, from, *destination, options, quiet);
    } else {
      throw ClientError("must specify at least one container source");
    }
  } catch (const operations::CopyMistake& mistake) {
    throw ClientError(mistake.message(), mistake.code());
  }
  return 0;
}

}  // namespace davit::cli
