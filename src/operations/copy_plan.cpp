#include "operations/copy_plan.h"

#include <filesystem>

#include "base/error.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;

// Docker's client takes ".." away before anybody looks at the links in a path.
std::string clean(std::string_view text) {
  std::string path = std::filesystem::path("/" + std::string(text)).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

CopyName parse_copy_name(std::string_view text) {
  CopyName name = {.path = clean(text)};
  name.contents_only = text == "." || text.ends_with("/.") || name.path == "/";
  name.asserts_folder = name.contents_only || text.ends_with('/');
  return name;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_in_folder(const std::string& path) { return path == "/" ? "." : path.substr(path.rfind('/') + 1); }

CopyPlan plan_copy(const CopySource& source, const CopyDestination& destination) {
  if (destination.exists && destination.is_folder)
    return {.folder = destination.path, .name = source.contents_only ? "" : source.name};
  if (source.is_folder) {
    if (destination.exists) throw Error(Code::kInvalidArgument, "cannot copy directory");
  } else if (destination.asserts_folder) {
    throw Error(Code::kInvalidArgument, "no such directory");
  }
  return {.folder = folder_of(destination.path), .name = name_in_folder(destination.path)};
}

}  // namespace davit::operations
