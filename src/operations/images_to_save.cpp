#include "operations/images_to_save.h"

#include <algorithm>

#include "base/error.h"
#include "operations/find_image.h"

namespace davit::operations {

namespace {

using base::Code;
using base::Error;
using transfer::ImageToSave;

class Selection {
 public:
  explicit Selection(const store::ImageStore& images) : images_(images) {}

  void add(const std::string& text) {
    if (is_image_id(text) || oci::parse_history_reference(text)) return add_one(text);
    const oci::Reference reference = oci::Reference::parse(text, oci::Words::kDaemon);
    if (reference.digest()) return add_one(text);
    if (!reference.tag()) {
      if (add_repository(reference.repository())) return;
      // No such name: it may be the beginning of an ID.
      if (!find_image(images_, text)) throw Error(Code::kNotFound, "No such image: " + text);
      return add_one(text);
    }
    const auto tag = images_.find_tag(reference);
    if (!tag) throw Error(Code::kNotFound, "reference does not exist");
    add_tag(*tag);
  }

  std::vector<ImageToSave> take() { return std::move(selected_); }

 private:
  void add_one(const std::string& text) {
    FoundImage found = get_image(images_, text);
    at(found.record, found.target);
  }

  // All its tags, in order of their names.
  bool add_repository(const oci::RepositoryName& repository) {
    std::vector<store::Tag> tags = images_.list_tags();
    std::erase_if(
        tags, [&](const store::Tag& tag) { return tag.reference.repository() != repository || !tag.reference.tag(); });
    std::sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) { return a.reference < b.reference; });
    for (const store::Tag& tag : tags) add_tag(tag);
    return !tags.empty();
  }

  void add_tag(const store::Tag& tag) {
    auto record = images_.find_image(tag.image);
    if (!record) {
      throw Error::format(Code::kCorrupt, "{}: its image {} is not in the store", tag.reference.familiar(),
                          tag.image.text());
    }
    std::vector<oci::Reference>& names = at(*record, tag.target).names;
    if (std::find(names.begin(), names.end(), tag.reference) == names.end()) names.push_back(tag.reference);
  }

  // The element for the image as that target; made where there is none.
  ImageToSave& at(const store::ImageRecord& record, const oci::Descriptor& target) {
    const auto same = std::find_if(selected_.begin(), selected_.end(), [&](const ImageToSave& one) {
      return one.record.id == record.id && one.target.digest == target.digest;
    });
    if (same != selected_.end()) return *same;
    return selected_.emplace_back(ImageToSave{.record = record, .target = target, .names = {}});
  }

  const store::ImageStore& images_;
  std::vector<ImageToSave> selected_;
};

}  // namespace

std::vector<transfer::ImageToSave> images_to_save(const store::ImageStore& images,
                                                  const std::vector<std::string>& names) {
  Selection selection(images);
  for (const std::string& name : names) selection.add(name);
  return selection.take();
}

}  // namespace davit::operations
