#pragma once
// Overlayfs's form of what a layer takes away from those below it.

#include <string_view>

#include <sys/stat.h>

namespace davit::layer {

inline constexpr std::string_view kOpaqueXattr = "trusted.overlay.opaque";  // "y": lower layers' entries are hidden
inline constexpr std::string_view kOpaqueYes = "y";
// Of that xattr too: empty files in the folder that have the one below are whiteouts.
inline constexpr std::string_view kOpaqueWithXattrs = "x";
inline constexpr std::string_view kWhiteoutXattr = "trusted.overlay.whiteout";
// What the folder or file has is elsewhere, in a lower layer.
inline constexpr std::string_view kRedirectXattr = "trusted.overlay.redirect";
inline constexpr std::string_view kMetacopyXattr = "trusted.overlay.metacopy";
inline constexpr mode_t kImpliedMode = 0755;  // of a folder that holds entries but is not listed

bool is_whiteout(const struct stat& status);  // a character device 0:0

}  // namespace davit::layer
