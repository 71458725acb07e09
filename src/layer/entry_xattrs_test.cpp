#include "layer/entry_xattrs.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/fs/tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using base::Code;
using codec::NodeType;

constexpr std::uint16_t kOwner = 1, kUser = 2, kOwnersGroup = 4, kGroup = 8, kMask = 16, kOther = 32;

struct Entry {
  std::uint16_t tag, permissions;
  std::uint32_t id;
};

std::string acl_of(const std::vector<Entry>& entries, char version = 2) {
  std::string value{version, 0, 0, 0};
  for (const Entry& entry : entries) {
    for (const unsigned number : {unsigned{entry.tag}, unsigned{entry.permissions}}) {
      value += static_cast<char>(number & 0xff);
      value += static_cast<char>(number >> 8);
    }
    for (int shift = 0; shift < 32; shift += 8) value += static_cast<char>(entry.id >> shift & 0xff);
  }
  return value;
}

TEST(EntryXattrs, OverlaysOwnAreKnown) {
  EXPECT_TRUE(is_overlay_control("trusted.overlay.opaque"));
  EXPECT_TRUE(is_overlay_control("user.overlay.redirect"));
  EXPECT_FALSE(is_overlay_control("user.overlays"));
}

TEST(EntryXattrs, AnAclWithoutMoreThanTheModeIsTheMode) {
  const auto acl = parse_acl(acl_of({{kOwner, 7, 0}, {kOwnersGroup, 5, 0}, {kOther, 1, 0}}));
  ASSERT_TRUE(acl);
  EXPECT_FALSE(acl->more);
  EXPECT_EQ(acl->mode, 0751U);
  EXPECT_FALSE(parse_acl(acl_of({})));
}

// What the kernel says of the same on a real file, for any type, key and value that matter.
class KernelProperty : public testing::Test {
 protected:
  KernelProperty() {
    fs::write_file(folder_.path() / "file", "");
    fs::make_directory(folder_.path() / "folder", 0755);
    fs::symbolic_link("file", folder_.path() / "symlink");
    parent_.make_node("fifo", S_IFIFO | 0600, 0);
  }
  // What setxattr(2) makes of it; what is read again, if anything.
  XattrFate set(const std::string& name, const std::string& key, const std::string& value) {
    try {
      parent_.set_xattr(name, key, value);
      return XattrFate::kTaken;
    } catch (const base::Error& e) {
      const bool left_out = e.code() == Code::kNotSupported || e.code() == Code::kPermissionDenied;
      return left_out ? XattrFate::kLeftOut : XattrFate::kMalformed;
    }
  }

  fs::TemporaryDirectory folder_{testing::TempDir()};
  fs::Directory parent_ = fs::Directory::open(folder_.path());
};

std::string gen_acl() {
  std::vector<Entry> entries;
  entries.push_back({kOwner, *rc::gen::inRange<std::uint16_t>(0, 8), *rc::gen::elementOf(std::vector{0U, UINT32_MAX})});
  const int users = *rc::gen::inRange(0, 3), groups = *rc::gen::inRange(0, 3);
  for (int i = 0; i < users; ++i) entries.push_back({kUser, *rc::gen::inRange<std::uint16_t>(0, 8), 100U + i});
  entries.push_back({kOwnersGroup, *rc::gen::inRange<std::uint16_t>(0, 8), 7});
  for (int i = 0; i < groups; ++i) entries.push_back({kGroup, *rc::gen::inRange<std::uint16_t>(0, 8), 100U + i});
  if (users + groups > 0 || *rc::gen::inRange(0, 4) == 0) {
    entries.push_back({kMask, *rc::gen::inRange<std::uint16_t>(0, 8), 0});
  }
  entries.push_back({kOther, *rc::gen::inRange<std::uint16_t>(0, 8), 0});
  const auto somewhere = [&] { return *rc::gen::inRange<std::size_t>(0, entries.size()); };
  switch (*rc::gen::inRange(0, 16)) {  // mostly well-formed
    case 0:
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(somewhere()));
      break;
    case 1:
      std::swap(entries[somewhere()], entries[somewhere()]);
      break;
    case 2:
      entries[somewhere()].permissions = 8;
      break;
    case 3:
      entries[somewhere()].id = UINT32_MAX;
      break;
    case 4:
      entries[somewhere()].tag =
          *rc::gen::elementOf(std::vector<std::uint16_t>{kOwner, kUser, kGroup, kMask, kOther, 3, 64});
      break;
    case 5:
      return acl_of(entries, 3);
    case 6:
      return acl_of(entries).substr(0, *rc::gen::inRange<std::size_t>(0, 20));
    default:
      break;
  }
  return acl_of(entries);
}

const std::vector<std::pair<const char*, NodeType>> kTargets = {{"file", NodeType::kFile},
                                                                {"folder", NodeType::kFolder},
                                                                {"symlink", NodeType::kSymlink},
                                                                {"fifo", NodeType::kFifo}};

RC_GTEST_FIXTURE_PROP(KernelProperty, AclsAreTakenAsTheKernelTakesThem, ()) {
  const auto target = *rc::gen::elementOf(kTargets);
  const std::string key(*rc::gen::elementOf(std::vector{kAccessAcl, kDefaultAcl}));
  const std::string value = gen_acl();
  const XattrFate fate = check_xattr(target.second, key, value).fate;
  // Of an ACL that is wrong in itself and at the wrong file, the kernel sees now the one first, now the other.
  if (fate == XattrFate::kLeftOut) {
    RC_ASSERT(set(target.first, key, value) != XattrFate::kTaken);
    return;
  }
  RC_ASSERT(set(target.first, key, value) == fate);
  if (fate != XattrFate::kTaken) return;
  const auto acl = parse_acl(value);
  const bool kept = acl && (acl->more || key == kDefaultAcl);
  RC_ASSERT(parent_.xattr(target.first, key) == (kept ? std::optional(acl->value) : std::nullopt));
  if (!acl || key == kDefaultAcl) return;
  RC_ASSERT((parent_.status(target.first)->st_mode & 0777) == acl->mode);
  const mode_t mode = *rc::gen::inRange<mode_t>(0, 01000);
  parent_.set_mode(target.first, mode);
  if (kept) RC_ASSERT(parent_.xattr(target.first, key) == acl_with_mode(acl->value, mode));
}

RC_GTEST_FIXTURE_PROP(KernelProperty, OtherXattrsAreTakenAsTheKernelTakesThem, ()) {
  const auto target = *rc::gen::elementOf(kTargets);
  const std::string key = *rc::gen::elementOf(std::vector<std::string>{
      "user.x", "user.", "trusted.x", "trusted.", "security.x", "security.", "security.capability", "system.x", "other",
      "posix_acl_access", "user", "system.posix_acl_access.x", "user." + std::string(250, 'n'),
      "user." + std::string(251, 'n')});
  std::string value =
      *rc::gen::elementOf(std::vector<std::string>{"", "text", std::string(65'537, 'x'), std::string("\0b", 2)});
  if (key == "security.capability") {
    value = std::string(*rc::gen::elementOf(std::vector<std::size_t>{12, 20, 24, 25}), '\0');
    value[3] = *rc::gen::element('\1', '\2', '\3');
    value[0] = *rc::gen::element('\0', '\1', '\2');
  }
  RC_ASSERT(set(target.first, key, value) == check_xattr(target.second, key, value).fate);
}

}  // namespace
}  // namespace davit::layer
