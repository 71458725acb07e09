#pragma once
// Where a copy goes, by docker's rules for `cp`: pure.

#include <string>
#include <string_view>

namespace davit::operations {

// A path as typed.
struct CopyName {
  std::string path;             // absolute, without "." and ".."
  bool asserts_folder = false;  // ends in "/" or "/."
  bool contents_only = false;   // ends in "/.", or is "."
};
// Of a path in a container, or one made absolute.
CopyName parse_copy_name(std::string_view text);

// The folder around it, and its name there; "/" is "." in itself.
std::string folder_of(const std::string& path);
std::string name_in_folder(const std::string& path);

struct CopySource {
  std::string name;  // of what is copied
  bool is_folder = false;
  bool contents_only = false;
};
struct CopyDestination {
  std::string path;
  bool exists = false, is_folder = false;
  bool asserts_folder = false;
};
// What is copied becomes `name` in `folder`; an empty name: what is in it goes into the folder.
struct CopyPlan {
  std::string folder, name;
};
// Throws Error(kInvalidArgument) with docker's words: "cannot copy directory" onto a file, "no such directory".
CopyPlan plan_copy(const CopySource& source, const CopyDestination& destination);

}  // namespace davit::operations
