#pragma once
// What Linux makes of an xattr that an archive brings, whatever the file system: so that a tree that is never made on a
// disk has the same. fs/xattr.c, fs/posix_acl.c and security/commoncap.c. Pure.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "codec/file_tree.h"

namespace davit::layer {

inline constexpr std::string_view kAccessAcl = "system.posix_acl_access";
inline constexpr std::string_view kDefaultAcl = "system.posix_acl_default";

// Overlayfs's own: an archive that could set them could show what its layers hide, or point anywhere.
bool is_overlay_control(std::string_view key);

enum class XattrFate {
  kTaken,
  kLeftOut,    // not at this type of file, or of a namespace that Linux does not have
  kMalformed,  // setxattr(2) fails
};
struct XattrCheck {
  XattrFate fate = XattrFate::kTaken;
  std::string_view why = {};
};
XattrCheck check_xattr(codec::NodeType type, std::string_view key, std::string_view value);

// A POSIX ACL, of a value that is kTaken.
struct Acl {
  mode_t mode = 0;         // the permission bits that a file with it has
  bool more = false;       // it says more than those: what a file system keeps
  std::string value = {};  // as it is read again
};
// Nothing for the empty one, which takes an ACL away.
std::optional<Acl> parse_acl(std::string_view value);
// What chmod(2) makes of a file's access ACL.
std::string acl_with_mode(std::string_view value, mode_t mode);

}  // namespace davit::layer
