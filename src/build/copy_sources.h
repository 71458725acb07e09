#pragma once
// Where COPY's and ADD's sources and their destination are: BuildKit's rules, over a source tree and the tree below.

#include <functional>
#include <string>
#include <vector>

#include "base/fs/tree.h"
#include "build/tree_copy.h"
#include "dockerfile/ignore_patterns.h"

namespace davit::build {

// What a source's name or pattern stands for in the tree, in order: paths without a slash at either end. A name that
// the filter or the tree does not have: Error(kNotFound) `"/x": not found`; a pattern may mean nothing.
std::vector<std::string> find_sources(const base::fs::Directory& tree, const std::string& pattern,
                                      const TreeCopy::Filter& wanted);

struct CopyTo {
  std::string destination;  // as written; relative to `working_dir`
  std::string working_dir;
  bool parents = false;  // --parents: a source keeps the folders of its path (behind "/./" in it, if there)
  dockerfile::IgnorePatterns excludes;  // --exclude: of paths below a source; of a file its name
};

// Adds what each source stands for to the copy. Throws Error(kInvalidArgument) in BuildKit's words for several sources
// without a folder to go to.
void add_sources(TreeCopy& copy, const base::fs::Directory& tree, const std::vector<std::string>& sources,
                 const CopyTo& to, const CopyOptions& options, const TreeCopy::Filter& wanted);

// What patterns of files to be left out say of a path.
Want wanted_by(const dockerfile::IgnorePatterns& patterns, const std::string& path);

// The destination as a path from the root, without its slash; `folder` tells whether it says that it is a folder.
std::string destination_path(const CopyTo& to, bool& folder);
// Where a file of that name goes.
std::string file_target(const TreeCopy& copy, const CopyTo& to, const std::string& name);

}  // namespace davit::build
