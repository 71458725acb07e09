#include "cli/output_file.h"

#include <cerrno>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "cli/arguments.h"

namespace davit::cli {

namespace {

void check_output(const std::filesystem::path& output, const std::string& failure) {
  const auto refuse = [&](const std::string& why) { throw ClientError(failure + ": " + why); };
  struct stat status {};
  const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
  const auto bad_folder = [&](int error_number) {
    on_client_side(
        [&] { base::throw_errno(error_number, failure + ": invalid output path: stat " + folder.string()); });
  };
  if (::stat(folder.c_str(), &status) != 0) bad_folder(errno);
  if (!S_ISDIR(status.st_mode)) bad_folder(ENOTDIR);
  if (::lstat(output.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    on_client_side(
        [&] { base::throw_errno(errno, failure + ": failed to stat output path: lstat " + output.string()); });
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

}  // namespace

OutputFile::OutputFile(std::string path, const std::string& failure) : path_(std::move(path)) {
  if (path_.empty() && isatty(STDOUT_FILENO) == 1)
    throw ClientError("cowardly refusing to save to a terminal. Use the -o flag or redirect");
  if (!path_.empty()) check_output(path_, failure);
}

void OutputFile::Sink::write(base::ByteView bytes) {
  on_client_side([&] { file_.write(bytes); });
}

base::Sink& OutputFile::open() {
  on_client_side([&] {
    if (path_.empty()) {
      standard_output_ = base::fs::File::adopt(base::fs::FileDescriptor(::dup(STDOUT_FILENO)), "/dev/stdout");
    } else {
      replacement_.emplace(path_);
    }
  });
  return sink_.emplace(replacement_ ? replacement_->file() : *standard_output_);
}

void OutputFile::commit() {
  if (replacement_) on_client_side([&] { replacement_->commit(); });
}

}  // namespace davit::cli
