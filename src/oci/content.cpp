#include "oci/content.h"

#include <unordered_set>

#include "base/error.h"
#include "oci/manifest.h"

namespace davit::oci {

namespace {

constexpr int kMostNested = 8;

class Walk {
 public:
  Walk(const ReadManifest& read, const VisitContent& visit) : read_(read), visit_(visit) {}

  bool go(const Descriptor& at, int depth) {
    if (!seen_.insert(at.digest).second) return true;
    if (!visit_(at)) return false;
    if (media_type::is_index(at.media_type)) {
      if (depth == kMostNested) {
        throw base::Error::format(base::Code::kInvalidArgument, "index {}: indexes are nested more than {} deep",
                                  at.digest.text(), kMostNested);
      }
      const auto bytes = read_(at);
      if (!bytes) return true;
      for (const Descriptor& manifest : Index::parse(*bytes, at.media_type).manifests) {
        if (!go(manifest, depth + 1)) return false;
      }
    } else if (media_type::is_manifest(at.media_type)) {
      const auto bytes = read_(at);
      if (!bytes) return true;
      const Manifest manifest = Manifest::parse(*bytes, at.media_type);
      if (!leaf(manifest.config)) return false;
      for (const Descriptor& layer : manifest.layers) {
        if (!leaf(layer)) return false;
      }
    }
    return true;
  }

 private:
  // Whatever type a config or a layer says it is of, it leads nowhere.
  bool leaf(const Descriptor& at) { return !seen_.insert(at.digest).second || visit_(at); }

  const ReadManifest& read_;
  const VisitContent& visit_;
  std::unordered_set<Digest> seen_;
};

}  // namespace

bool visit_content(const Descriptor& top, const ReadManifest& read, const VisitContent& visit) {
  return Walk(read, visit).go(top, 0);
}

}  // namespace davit::oci
