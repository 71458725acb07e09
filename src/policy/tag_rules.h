#pragma once
// Which tags may be made to mean something else: a full version, once released, means one image for ever
// (docs/adr/0051-full-versions-do-not-move.md). Pure functions.

#include <optional>
#include <string_view>

#include "oci/digest.h"

namespace davit::policy {

// Whether the tag is a full semantic version: "1.2.3", "v1.2.3", and with a suffix "1.2.3-rc.1", "1.2.3-alpine". "1.2",
// "latest" and names are not: they are there to be moved.
bool is_full_version(std::string_view tag);

enum class TagMove {
  kNew,      // the tag means nothing yet
  kSame,     // it means this already: no move
  kMove,     // it means another, and is one that moves
  kRelease,  // it means another, and is a full version: only by force
};

// What it would be to make `tag`, which means `before` where it is known, mean `after`.
TagMove judge_move(std::string_view tag, const std::optional<oci::Digest>& before, const oci::Digest& after);

}  // namespace davit::policy
