#include "layer/layer_tar.h"

#include "layer/layer_driver.h"

namespace davit::layer {

LayerTar::LayerTar(base::Source& tar, const oci::Digest& diff_id, base::Sink* kept)
    : diff_id_(diff_id),
      hash_(diff_id.algorithm()),
      seen_by_(hash_, kept != nullptr ? *kept : nothing_),
      ahead_(tar),
      pieces_(ahead_, seen_by_),
      reader_(pieces_) {}

void LayerTar::finish() {
  reader_.drain();
  check_diff_id(diff_id_, hash_.digest());
}

}  // namespace davit::layer
