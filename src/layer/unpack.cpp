#include "layer/unpack.h"

#include "layer/folder_target.h"
#include "layer/image_target.h"
#include "layer/tree_builder.h"

namespace davit::layer {

Unpacked unpack(codec::TarReader& tar, const base::fs::Directory& parent, const std::string& name) {
  codec::FileTree tree;
  FolderTarget target(tree, parent, name);
  return build_tree(tar, tree, target);
}

ImageUnpacked unpack_for_image(codec::TarReader& tar, const std::function<base::fs::File&()>& beside) {
  ImageUnpacked result;
  ImageTarget target(result.tree, beside);
  result.layer = build_tree(tar, result.tree, target);
  result.beside_bytes = target.beside_bytes();
  return result;
}

}  // namespace davit::layer
