#include "policy/tag_rules.h"

#include "oci/version.h"

namespace davit::policy {

bool is_full_version(std::string_view tag) { return oci::Version::parse(tag).has_value(); }

TagMove judge_move(std::string_view tag, const std::optional<oci::Digest>& before, const oci::Digest& after) {
  if (!before) return TagMove::kNew;
  if (*before == after) return TagMove::kSame;
  return is_full_version(tag) ? TagMove::kRelease : TagMove::kMove;
}

}  // namespace davit::policy
