#include "cli/build_input.h"

#include <unistd.h>

#include "base/fs/file.h"
#include "base/fs/input.h"
#include "base/fs/paths.h"
#include "cli/arguments.h"

namespace davit::cli {

namespace fs = base::fs;
using std::filesystem::path;

namespace {

constexpr std::size_t kMostDockerfile = 2 * 1024 * 1024;

bool is_remote(const std::string& text) {
  return text.find("://") != std::string::npos || text.starts_with("git@") || text.starts_with("github.com/");
}

std::string read_standard_input() {
  fs::InputSource input(STDIN_FILENO, "standard input");
  auto text = base::read_all(input, kMostDockerfile);
  if (text.starts_with("\x1f\x8b") || (text.size() > 262 && text.compare(257, 5, "ustar") == 0))
    throw ClientError("a build context on standard input is not supported yet: unpack it, and give the folder");
  return text;
}

path find_dockerfile(const path& context) {
  for (const char* name : {"Dockerfile", "dockerfile"}) {
    if (fs::exists(context / name)) return context / name;
  }
  return context / "Dockerfile";
}

std::string read_text(const path& file) {
  if (fs::is_directory(file)) throw ClientError("failed to read dockerfile: " + file.string() + " is a folder");
  const auto text = fs::read_file_if_exists(file, kMostDockerfile);
  if (!text) {
    throw ClientError("failed to read dockerfile: open " + file.filename().string() + ": no such file or directory");
  }
  return *text;
}

}  // namespace

void read_build_input(const std::string& context, const std::string& file, build::BuildRequest& request) {
  if (is_remote(context)) throw ClientError("davit builds from folders, not from " + context + " yet: fetch it first");
  if (context == "-") {
    if (!file.empty() && file != "-")
      throw ClientError("invalid argument: can't use stdin for both build context and dockerfile");
    request.dockerfile_name = "Dockerfile";
    request.dockerfile = read_standard_input();
    return;
  }
  if (!fs::is_directory(context)) throw ClientError("unable to prepare context: path \"" + context + "\" not found");
  request.context = std::filesystem::canonical(context);
  if (file == "-") {
    request.dockerfile_name = "Dockerfile";
    request.dockerfile = read_standard_input();
  } else {
    const path dockerfile = file.empty() ? find_dockerfile(*request.context) : path(file);
    request.dockerfile_name = file.empty() ? dockerfile.filename().string() : file;
    request.dockerfile = read_text(dockerfile);
    if (const auto own = fs::read_file_if_exists(dockerfile.string() + ".dockerignore")) {
      request.ignore = *own;
      return;
    }
  }
  request.ignore = fs::read_file_if_exists(*request.context / ".dockerignore").value_or("");
}

}  // namespace davit::cli
