#pragma once
// Who a container's process runs as: docker's -u (name|uid)[:(group|gid)], looked up in the container's own /etc/passwd
// and /etc/group, never leaving its root.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs/tree.h"

namespace davit::runtime {

struct User {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> additional_gids;  // the primary one first
  std::string home = "/";
  bool operator==(const User&) const = default;
};

// `wanted` empty is root. Numbers need no entry; with one, its group and home count. Without a group in `wanted`, the
// groups that list the user are additional ones. Throws Error(kInvalidArgument) with docker's words: "unable to find
// user NAME: no matching entries in passwd file", "unable to find group NAME: no matching entries in group file".
User find_user(const base::fs::Directory& root, std::string_view wanted);

// --group-add: names of the container's /etc/group, or numbers. Throws Error(kInvalidArgument) with docker's words.
std::vector<std::uint32_t> find_groups(const base::fs::Directory& root, const std::vector<std::string>& wanted);

// The same over the files' text.
std::vector<std::uint32_t> find_groups(std::string_view group, const std::vector<std::string>& wanted);
User find_user(std::string_view passwd, std::string_view group, std::string_view wanted);

}  // namespace davit::runtime
