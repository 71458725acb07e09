#include "build/copy_sources.h"

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "dockerfile/path_pattern.h"
#include "layer/archive_name.h"

namespace davit::build {

namespace fs = base::fs;
using base::Code;
using base::Error;
using layer::join_path;
using layer::last_of;
using layer::parent_of;

namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> parts_of(const std::string& path) {
  auto parts = base::split(path, '/');
  std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "."; });
  return parts;
}

// Each part of the pattern against the names in the folders that the parts before stand for.
void match_below(const fs::Directory& folder, const std::string& at, const std::vector<std::string>& parts,
                 std::size_t next, std::vector<std::string>& found) {
  const auto& part = parts[next];
  const auto names = has_wildcard(part) ? folder.list() : std::vector<std::string>{part};
  for (const auto& name : names) {
    if (has_wildcard(part) && !dockerfile::PathPattern(part, dockerfile::DoubleStar::kAsStar).matches(name)) continue;
    const auto path = join_path(at, name);
    if (next + 1 == parts.size()) {
      if (folder.status(name)) found.push_back(path);
    } else if (const auto inner = folder.open_inside(name)) {
      match_below(*inner, path, parts, next + 1, found);
    }
  }
}

// What --parents keeps of a source's path: what is behind "/./", or all of it.
std::string kept_path(const std::string& pattern, const std::string& found) {
  const auto pivot = pattern.find("/./");
  if (pivot == std::string::npos) return found;
  const auto dropped = parts_of(pattern.substr(0, pivot)).size();
  auto parts = parts_of(found);
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(dropped, parts.size())));
  return base::join(parts, "/");
}

// The filter of one source: what is wanted of the tree, but for what --exclude leaves out.
TreeCopy::Filter filter_of(const std::string& source, const CopyTo& to, const TreeCopy::Filter& wanted) {
  if (to.excludes.empty()) return wanted;
  return [&to, &wanted, source](const std::string& path, bool folder) {
    const bool is_below = path.size() > source.size() && path.starts_with(source);
    const auto below = source.empty() ? path : path.substr(is_below ? source.size() + 1 : 0);
    const auto want = wanted_by(to.excludes, is_below ? below : std::string(last_of(path)));
    return want == Want::kYes && wanted ? wanted(path, folder) : want;
  };
}

bool is_wanted(const TreeCopy::Filter& wanted, const std::string& path) {
  return !wanted || wanted(path, false) == Want::kYes;
}

}  // namespace

std::vector<std::string> find_sources(const fs::Directory& tree, const std::string& pattern,
                                      const TreeCopy::Filter& wanted) {
  const auto parts = parts_of(layer::clean_archive_path("/" + pattern));
  if (parts.empty()) return {""};
  std::vector<std::string> found;
  if (has_wildcard(pattern)) {
    match_below(tree, "", parts, 0, found);
  } else {
    found.push_back(base::join(parts, "/"));
  }
  std::vector<std::string> resolved;
  for (const auto& path : found) {
    // A source that is a link is what it leads to.
    const auto real = resolve_links(tree, path);
    const auto folder = tree.open_inside(real.empty() ? "." : std::string(parent_of(real)).append("/."));
    const auto status = real.empty() ? std::optional(tree.own_status())
                        : folder     ? folder->status(std::string(last_of(real)))
                                     : std::nullopt;
    const bool is_folder = status && S_ISDIR(status->st_mode);
    const bool is_there = status && (is_folder || (is_wanted(wanted, path) && is_wanted(wanted, real)));
    if (is_there) {
      resolved.push_back(real);
    } else if (!has_wildcard(pattern)) {
      throw Error::format(Code::kNotFound, "\"/{}\": not found", base::printable(path));
    }
  }
  return resolved;
}

Want wanted_by(const dockerfile::IgnorePatterns& patterns, const std::string& path) {
  if (!patterns.ignores(path)) return Want::kYes;
  return patterns.has_exceptions() ? Want::kNo : Want::kNothingBelow;
}

std::string destination_path(const CopyTo& to, bool& folder) {
  const auto& text = to.destination;
  folder = text.empty() || text.ends_with('/') || text == "." || text.ends_with("/.");
  return layer::clean_archive_path(text.starts_with('/') ? text : to.working_dir + "/" + text);
}

std::string file_target(const TreeCopy& copy, const CopyTo& to, const std::string& name) {
  bool folder = false;
  const auto target = copy.resolve(destination_path(to, folder));
  return folder || copy.is_folder(target) ? copy.resolve(join_path(target, name)) : target;
}

void add_sources(TreeCopy& copy, const fs::Directory& tree, const std::vector<std::string>& sources, const CopyTo& to,
                 const CopyOptions& options, const TreeCopy::Filter& wanted) {
  bool folder = false;
  const auto destination = destination_path(to, folder);
  for (const auto& pattern : sources) {
    for (const auto& source : find_sources(tree, pattern, wanted)) {
      const auto parent = tree.open_inside(source.empty() ? "." : "./" + std::string(parent_of(source)));
      const auto status = source.empty() ? tree.own_status() : parent->status(std::string(last_of(source))).value();
      const auto filter = filter_of(source, to, wanted);
      if (!S_ISDIR(status.st_mode) && !is_wanted(filter, source)) continue;
      if (to.parents) {
        copy.add(tree, source, copy.resolve(join_path(destination, kept_path(pattern, source))), options, filter);
      } else if (S_ISDIR(status.st_mode)) {
        copy.add(tree, source, copy.resolve(destination), options, filter);
      } else {
        copy.add(tree, source, file_target(copy, to, std::string(last_of(source))), options, filter);
      }
    }
  }
}

}  // namespace davit::build
