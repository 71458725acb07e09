#include "codec/erofs_xattr.h"

#include <algorithm>
#include <cstring>

#include "codec/erofs.h"

namespace davit::codec {

namespace {

constexpr std::size_t kMostName = 255;  // as the kernel has it, prefix included
constexpr std::size_t kMostValue = UINT16_MAX;
constexpr std::string_view kAccessAcl = "system.posix_acl_access", kDefaultAcl = "system.posix_acl_default";
constexpr std::string_view kCapability = "security.capability";

const std::byte* bytes_of(std::string_view text) { return reinterpret_cast<const std::byte*>(text.data()); }

// As the kernel's posix_acl_valid(): the owner's entry, named users, the group's, named groups, a mask where somebody
// was named, and the others'.
bool is_acl(std::string_view value, bool more_than_mode) {
  constexpr std::size_t kHeader = 4, kEntry = 8;
  enum Tag : std::uint16_t { kOwner = 1, kUser = 2, kOwnersGroup = 4, kGroup = 8, kMask = 16, kOther = 32 };
  if (value.size() <= kHeader || (value.size() - kHeader) % kEntry != 0) return false;
  if (erofs::load<std::uint32_t>(bytes_of(value)) != 2) return false;
  bool named = false, masked = false;
  unsigned last = 0;
  for (std::size_t at = kHeader; at < value.size(); at += kEntry) {
    const auto tag = erofs::load<std::uint16_t>(bytes_of(value) + at);
    const auto permissions = erofs::load<std::uint16_t>(bytes_of(value) + at + 2);
    const auto id = erofs::load<std::uint32_t>(bytes_of(value) + at + 4);
    if (permissions > 7) return false;
    const bool follows = (tag == kOwner && last == 0) || (tag == kUser && (last == kOwner || last == kUser)) ||
                         (tag == kOwnersGroup && (last == kOwner || last == kUser)) ||
                         (tag == kGroup && (last == kOwnersGroup || last == kGroup)) ||
                         (tag == kMask && (last == kOwnersGroup || last == kGroup)) ||
                         (tag == kOther && (last == kMask || (last == kOwnersGroup && !named)));
    if (!follows) return false;
    if (tag == kUser || tag == kGroup) {
      if (id == UINT32_MAX) return false;
      named = true;
    }
    masked = masked || tag == kMask;
    last = tag;
  }
  return last == kOther && (named || masked || !more_than_mode);
}

// As the kernel's validheader(): revision 2, or 3 with the root's ID of a user namespace.
bool is_capability(std::string_view value) {
  constexpr std::size_t kRevision2Size = 20, kRevision3Size = 24;
  constexpr std::uint32_t kRevision2 = 0x02000000, kRevision3 = 0x03000000, kEffective = 1;
  if (value.size() < 4) return false;
  const std::uint32_t revision = erofs::load<std::uint32_t>(bytes_of(value)) & ~kEffective;
  return (revision == kRevision2 && value.size() == kRevision2Size) ||
         (revision == kRevision3 && value.size() == kRevision3Size &&
          erofs::load<std::uint32_t>(bytes_of(value) + kRevision2Size) != UINT32_MAX);
}

}  // namespace

bool erofs_keeps_xattr(std::string_view name, std::string_view value) {
  if (name.size() > kMostName || value.size() > kMostValue || name.find('\0') != std::string_view::npos) return false;
  const erofs::XattrPrefix* prefix = erofs::xattr_prefix(name);
  if (prefix == nullptr) return false;
  if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")) return false;
  // An access ACL that says no more than the mode is not kept by other file systems either.
  if (prefix->whole) return is_acl(value, name == kAccessAcl);
  return name != kCapability || is_capability(value);
}

bool erofs_keeps_xattr(std::string_view name, std::string_view value, NodeType type) {
  if (name.starts_with("user.") && type != NodeType::kFile && type != NodeType::kFolder) return false;
  if (name == kAccessAcl && type == NodeType::kSymlink) return false;
  if (name == kDefaultAcl && type != NodeType::kFolder) return false;
  return erofs_keeps_xattr(name, value);
}

namespace erofs {

const XattrPrefix* xattr_prefix(std::string_view name) {
  for (const XattrPrefix& prefix : kXattrPrefixes) {
    if (prefix.whole ? name == prefix.text : name.starts_with(prefix.text) && name.size() > prefix.text.size()) {
      return &prefix;
    }
  }
  return nullptr;
}

XattrViews kept_xattrs(const FileTree& tree, const FileNode& node) {
  XattrViews views;
  if (node.xattrs != 0) {
    for (const auto& [name, value] : tree.xattrs(node)) {
      if (erofs_keeps_xattr(name, value, node.type)) views.emplace_back(name, value);
    }
  }
  if (node.is_folder() && node.opaque) {
    const std::pair opaque(kOpaqueXattr, kOpaqueValue);
    views.insert(std::lower_bound(views.begin(), views.end(), opaque), opaque);
  }
  return views;
}

namespace {

std::uint64_t padded(std::uint64_t bytes) { return (bytes + kXattrUnit - 1) / kXattrUnit * kXattrUnit; }

std::string_view suffix_of(std::string_view name, const XattrPrefix& prefix) { return name.substr(prefix.text.size()); }

}  // namespace

std::uint64_t xattr_bytes(const XattrViews& xattrs) {
  if (xattrs.empty()) return 0;
  std::uint64_t sum = kXattrHeaderSize;
  for (const auto& [name, value] : xattrs) {
    sum += padded(kXattrEntrySize + suffix_of(name, *xattr_prefix(name)).size() + value.size());
  }
  return sum;
}

void store_xattrs(const XattrViews& xattrs, std::byte* at) {
  at += kXattrHeaderSize;
  for (const auto& [name, value] : xattrs) {
    const XattrPrefix& prefix = *xattr_prefix(name);
    const std::string_view suffix = suffix_of(name, prefix);
    at[0] = static_cast<std::byte>(suffix.size());
    at[1] = static_cast<std::byte>(prefix.index);
    store(at + 2, static_cast<std::uint16_t>(value.size()));
    std::copy_n(bytes_of(suffix), suffix.size(), at + kXattrEntrySize);
    std::copy_n(bytes_of(value), value.size(), at + kXattrEntrySize + suffix.size());
    at += padded(kXattrEntrySize + suffix.size() + value.size());
  }
}

}  // namespace erofs

}  // namespace davit::codec
