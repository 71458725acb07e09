#pragma once
// The erofs driver: a layer's tar as it is, in ROOT/erofs, and a small EROFS image that points into it. Costs by the
// byte. docs/formats/layers.md, docs/formats/erofs.md.

#include <optional>

#include "layer/layer_driver.h"
#include "layer/layer_mounts.h"

namespace davit::layer {

class ErofsDriver final : public LayerDriver {
 public:
  // `backing`: how this machine mounts images in ROOT; nothing where it cannot.
  ErofsDriver(const std::filesystem::path& root, std::optional<base::fs::Backing> backing);

  std::string name() const override { return "erofs"; }
  bool works() const { return backing_.has_value(); }

  bool is_mounted_form() const override { return true; }
  // The image is compared with its recorded digest before the kernel sees it; one that
  // is damaged or missing is made again from the tar.
  ShownLayer show(const KeptLayer& kept, LayerMounts::Inside* mounts) override;
  std::unique_ptr<base::Source> tar(const oci::Digest& diff_id) const override;
  std::uint64_t measure(const oci::Digest& diff_id) const override;

 protected:
  void make(const std::filesystem::path& folder, const oci::Digest& diff_id, base::Source& tar) override;

 private:
  LayerMounts::Image image_of(const KeptLayer& kept) const;
  KeptLayer make_sure_of_image(const oci::Digest& diff_id);

  std::optional<base::fs::Backing> backing_;
};

}  // namespace davit::layer
