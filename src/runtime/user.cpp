#include "runtime/user.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

using base::Code;
using base::Error;

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;

std::string text_inside(const base::fs::Directory& root, const char* path) {
  auto file = root.open_file_inside(path);
  if (!file) return {};
  base::fs::FileSource source(std::move(*file));
  return base::read_all(source, kMostBytes);
}

// A number as passwd has it; nothing when it is a name. Out of range is an error, as docker's.
std::optional<std::uint32_t> number(std::string_view text) {
  const auto digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return {};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > INT32_MAX) {
    throw Error(Code::kInvalidArgument, "uids and gids must be in range 0-2147483647");
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<std::uint32_t> field_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

// Calls `row` with the fields of each line that has at least `fewest`, until it returns true.
template <typename Row>
void for_each_row(std::string_view text, std::size_t fewest, Row row) {
  for (const auto& line : base::split(text, '\n')) {
    const auto trimmed = base::trim(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    const auto fields = base::split(trimmed, ':');
    if (fields.size() >= fewest && row(fields)) return;
  }
}

std::optional<std::uint32_t> find_group(std::string_view group, const std::string& wanted) {
  const auto wanted_gid = number(wanted);
  std::optional<std::uint32_t> found;
  for_each_row(group, 3, [&](const std::vector<std::string>& fields) {
    const auto gid = field_number(fields[2]);
    if (gid && (wanted_gid ? gid == wanted_gid : fields[0] == wanted)) found = gid;
    return found.has_value();
  });
  return found ? found : wanted_gid;
}

}  // namespace

User find_user(const base::fs::Directory& root, std::string_view wanted) {
  return find_user(text_inside(root, "etc/passwd"), text_inside(root, "etc/group"), wanted);
}

std::vector<std::uint32_t> find_groups(const base::fs::Directory& root, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {};
  return find_groups(text_inside(root, "etc/group"), wanted);
}

std::vector<std::uint32_t> find_groups(std::string_view group, const std::vector<std::string>& wanted) {
  std::vector<std::uint32_t> gids;
  for (const auto& text : wanted) {
    if (text.size() > 1 && text.front() == '-' && number(std::string_view(text).substr(1)))
      throw Error(Code::kInvalidArgument, "uids and gids must be in range 0-2147483647");
    const auto gid = find_group(group, text);
    if (!gid) {
      throw Error::format(Code::kInvalidArgument, "Unable to find group {}: no matching entries in group file",
                          base::printable(text));
    }
    gids.push_back(*gid);
  }
  return gids;
}

User find_user(std::string_view passwd, std::string_view group, std::string_view wanted) {
  const auto colon = wanted.find(':');
  const std::string user_text(wanted.substr(0, colon));
  const std::string group_text(colon == std::string_view::npos ? std::string_view() : wanted.substr(colon + 1));

  User user;
  std::string name;
  const auto wanted_uid = user_text.empty() ? std::optional<std::uint32_t>(0) : number(user_text);
  bool found = false;
  for_each_row(passwd, 4, [&](const std::vector<std::string>& fields) {
    const auto uid = field_number(fields[2]);
    // What is a number is never taken for a name, as docker has it; nor is the user of nobody's choice.
    if (!uid || (wanted_uid ? uid != wanted_uid : fields[0] != user_text)) return false;
    user.uid = *uid;
    user.gid = field_number(fields[3]).value_or(0);
    if (fields.size() > 5 && !fields[5].empty()) user.home = fields[5];
    name = fields[0];
    found = true;
    return true;
  });
  if (!found) {
    if (!wanted_uid) {
      throw Error::format(Code::kInvalidArgument, "unable to find user {}: no matching entries in passwd file",
                          base::printable(user_text));
    }
    user.uid = *wanted_uid;
  }

  std::vector<std::uint32_t> others;
  if (!group_text.empty()) {
    const auto gid = find_group(group, group_text);
    if (!gid) {
      throw Error::format(Code::kInvalidArgument, "unable to find group {}: no matching entries in group file",
                          base::printable(group_text));
    }
    user.gid = *gid;
  } else if (!name.empty()) {
    for_each_row(group, 4, [&](const std::vector<std::string>& fields) {
      const auto members = base::split(fields[3], ',');
      const auto gid = field_number(fields[2]);
      if (gid && std::find(members.begin(), members.end(), name) != members.end()) others.push_back(*gid);
      return false;
    });
  }
  user.additional_gids.push_back(user.gid);
  for (const auto gid : others) {
    if (std::find(user.additional_gids.begin(), user.additional_gids.end(), gid) == user.additional_gids.end()) {
      user.additional_gids.push_back(gid);
    }
  }
  return user;
}

}  // namespace davit::runtime
