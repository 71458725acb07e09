#include "layer/entry_xattrs.h"

#include <array>
#include <climits>
#include <cstdint>

namespace davit::layer {

namespace {

constexpr std::size_t kMostKey = 255, kMostValue = 65536;  // XATTR_NAME_MAX, XATTR_SIZE_MAX
constexpr std::array<std::string_view, 3> kNamespaces = {"user.", "trusted.", "security."};

std::uint32_t load(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void store(std::string& bytes, std::size_t at, std::size_t count, std::uint32_t value) {
  for (std::size_t i = 0; i < count; ++i, value >>= 8) bytes[at + i] = static_cast<char>(value & 0xff);
}

// An ACL's bytes: a version of 4, then entries of tag (2), permissions (2) and user's or group's ID (4), little-endian.
constexpr std::size_t kAclHeader = 4, kAclEntry = 8;
constexpr std::uint32_t kAclVersion = 2, kNoId = UINT32_MAX;
enum Tag : std::uint32_t {
  kOwner = 0x01,
  kUser = 0x02,
  kOwnersGroup = 0x04,
  kGroup = 0x08,
  kMask = 0x10,
  kOther = 0x20
};

struct AclEntry {
  std::uint32_t tag, permissions, id;
};

std::size_t acl_entries(std::string_view value) {
  return value.size() < kAclHeader ? 0 : (value.size() - kAclHeader) / kAclEntry;
}

AclEntry acl_entry(std::string_view value, std::size_t number) {
  const std::size_t at = kAclHeader + number * kAclEntry;
  return {.tag = load(value, at, 2), .permissions = load(value, at + 2, 2), .id = load(value, at + 4, 4)};
}

// The owner, named users, the owning group, named groups, the mask if anybody is named, all others: in this order.
bool is_valid_acl(std::string_view value) {
  std::uint32_t expected = kOwner;  // the tag that the entries have come to
  bool named = false;
  for (std::size_t i = 0; i < acl_entries(value); ++i) {
    const AclEntry entry = acl_entry(value, i);
    if (entry.permissions > 07) return false;
    switch (entry.tag) {
      case kOwner:
        if (expected != kOwner) return false;
        expected = kUser;
        break;
      case kOwnersGroup:
        if (expected != kUser) return false;
        expected = kGroup;
        break;
      case kUser:
      case kGroup:
        if (expected != entry.tag || entry.id == kNoId) return false;
        named = true;
        break;
      case kMask:
        if (expected != kGroup) return false;
        expected = kOther;
        break;
      case kOther:
        if (expected != kOther && (expected != kGroup || named)) return false;
        expected = 0;
        break;
      default:
        return false;
    }
  }
  return expected == 0;
}

XattrCheck check_acl(codec::NodeType type, std::string_view key, std::string_view value) {
  if (type == codec::NodeType::kSymlink) return {XattrFate::kLeftOut, "links have none"};
  // One without entries takes away what is there: nothing, at a file.
  if (value.empty() || (value.size() == kAclHeader && load(value, 0, 4) == kAclVersion)) return {};
  if (key == kDefaultAcl && type != codec::NodeType::kFolder) return {XattrFate::kLeftOut, "only folders have one"};
  if (value.size() < kAclHeader) return {XattrFate::kMalformed, "is no ACL"};
  if (load(value, 0, 4) != kAclVersion) return {XattrFate::kLeftOut, "it is of an unknown version"};
  if ((value.size() - kAclHeader) % kAclEntry != 0 || !is_valid_acl(value)) {
    return {XattrFate::kMalformed, "is no ACL"};
  }
  return {};
}

// Revision 2, or 3 with the user ID that is root in its namespace.
bool is_capability(std::string_view value) {
  constexpr std::uint32_t kRevision2 = 0x02000000, kRevision3 = 0x03000000, kEffective = 1;
  if (value.size() < 4) return false;
  const std::uint32_t revision = load(value, 0, 4) & ~kEffective;
  return (revision == kRevision2 && value.size() == 20) ||
         (revision == kRevision3 && value.size() == 24 && load(value, 20, 4) != kNoId);
}

}  // namespace

bool is_overlay_control(std::string_view key) {
  return key.starts_with("trusted.overlay.") || key.starts_with("user.overlay.");
}

XattrCheck check_xattr(codec::NodeType type, std::string_view key, std::string_view value) {
  if (key.size() > kMostKey) return {XattrFate::kMalformed, "has a name longer than 255 bytes"};
  if (value.size() > kMostValue) return {XattrFate::kMalformed, "is larger than 64 KiB"};
  if (key == kAccessAcl || key == kDefaultAcl) return check_acl(type, key, value);
  for (const std::string_view prefix : kNamespaces) {
    if (!key.starts_with(prefix)) continue;
    if (prefix == "user." && type != codec::NodeType::kFile && type != codec::NodeType::kFolder) {
      return {XattrFate::kLeftOut, "only files and folders have such"};
    }
    if (key == prefix) return {XattrFate::kMalformed, "has no name"};
    if (key == "security.capability" && !is_capability(value)) return {XattrFate::kMalformed, "is no capability"};
    return {};
  }
  return {XattrFate::kLeftOut, "Linux has no such"};
}

std::optional<Acl> parse_acl(std::string_view value) {
  if (acl_entries(value) == 0) return std::nullopt;
  Acl acl = {.value = std::string(value)};
  for (std::size_t i = 0; i < acl_entries(value); ++i) {
    const AclEntry entry = acl_entry(value, i);
    switch (entry.tag) {
      case kOwner:
        acl.mode |= entry.permissions << 6;
        break;
      case kOwnersGroup:
        acl.mode |= entry.permissions << 3;
        break;
      case kMask:
        acl.mode = (acl.mode & ~mode_t{070}) | entry.permissions << 3;
        acl.more = true;
        break;
      case kOther:
        acl.mode |= entry.permissions;
        break;
      default:
        acl.more = true;
        continue;  // its ID is kept
    }
    store(acl.value, kAclHeader + i * kAclEntry + 4, 4, kNoId);
  }
  return acl;
}

std::string acl_with_mode(std::string_view value, mode_t mode) {
  std::string changed(value);
  std::optional<std::size_t> group, mask;
  for (std::size_t i = 0; i < acl_entries(value); ++i) {
    const std::size_t permissions_at = kAclHeader + i * kAclEntry + 2;
    const std::uint32_t tag = acl_entry(value, i).tag;
    if (tag == kOwner) store(changed, permissions_at, 2, mode >> 6 & 07);
    if (tag == kOther) store(changed, permissions_at, 2, mode & 07);
    if (tag == kOwnersGroup) group = permissions_at;
    if (tag == kMask) mask = permissions_at;
  }
  if (mask || group) store(changed, mask ? *mask : *group, 2, mode >> 3 & 07);
  return changed;
}

}  // namespace davit::layer
