#include "codec/file_tree.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/error.h"

namespace davit::codec {

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kFirstSlots = 1024;

std::size_t hash_of(NodeId folder, std::string_view name) {
  return std::hash<std::string_view>()(name) ^ (folder * std::size_t{0x9e3779b97f4a7c15});
}

}  // namespace

// A text's number is block * kBlockBytes + offset; one longer than a block has a block of its own.
class FileTree::Texts {
 public:
  std::uint32_t add(std::string_view first, std::string_view second) {
    const std::size_t size = first.size() + second.size();
    if (blocks_.empty() || used_ + size > kBlockBytes) {
      if (blocks_.size() >= UINT32_MAX / kBlockBytes) {
        throw base::Error(base::Code::kNotSupported, "the archive has more names than davit can hold");
      }
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(std::max(kBlockBytes, size)));
      used_ = 0;
    }
    char* at = blocks_.back().get() + used_;
    std::copy(first.begin(), first.end(), at);
    std::copy(second.begin(), second.end(), at + first.size());
    const auto number = static_cast<std::uint32_t>((blocks_.size() - 1) * kBlockBytes + used_);
    used_ += size;
    return number;
  }
  const char* at(std::uint64_t number) const { return blocks_[number / kBlockBytes].get() + number % kBlockBytes; }
  std::string_view name(std::uint32_t number) const {
    const char* text = at(number);
    return {text + 1, static_cast<unsigned char>(*text)};
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;
};

FileTree::FileTree() : texts_(std::make_unique<Texts>()), slots_(kFirstSlots, kNone) {
  nodes_.push_back({.type = NodeType::kFolder, .mode = 0755, .names = 1});
  parents_[kRootNode] = kRootNode;
  chunks_.emplace_back();  // 0 stands for none
  xattr_sets_.push_back(nullptr);
  xattr_sets_[0] = &xattr_index_.emplace(Xattrs{}, 0).first->first;
}

FileTree::~FileTree() = default;
FileTree::FileTree(FileTree&&) noexcept = default;
FileTree& FileTree::operator=(FileTree&&) noexcept = default;

// The slot that holds the name, or the empty one where it would go.
std::uint32_t FileTree::slot_of(NodeId folder, std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_of(folder, name) & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kNone) return static_cast<std::uint32_t>(slot);
    const Name& at = names_[slots_[slot]];
    if (at.folder == folder && texts_->name(at.text) == name) return static_cast<std::uint32_t>(slot);
  }
}

NodeId FileTree::find(NodeId folder, std::string_view name) const {
  const std::uint32_t at = slots_[slot_of(folder, name)];
  return at == kNone ? kNoNode : names_[at].node;
}

void FileTree::grow() {
  slots_.assign(slots_.size() * 2, kNone);
  for (std::uint32_t i = 0; i < names_.size(); ++i) slots_[slot_of(names_[i].folder, texts_->name(names_[i].text))] = i;
}

void FileTree::put(NodeId folder, std::string_view name, NodeId node) {
  if (name.empty() || name.size() > 255) throw base::Error(base::Code::kInternal, "a name of no or too many bytes");
  std::uint32_t slot = slot_of(folder, name);
  if (slots_[slot] == kNone) {
    if (names_.size() + 1 > slots_.size() / 4 * 3) {
      grow();
      slot = slot_of(folder, name);
    }
    const char length = static_cast<char>(static_cast<unsigned char>(name.size()));
    const auto [first, is_first] = first_.emplace(folder, kNone);
    names_.push_back({.text = texts_->add({&length, 1}, name), .folder = folder, .node = node, .next = first->second});
    first->second = slots_[slot] = static_cast<std::uint32_t>(names_.size() - 1);
  } else {
    Name& at = names_[slots_[slot]];
    if (at.node != kNoNode) throw base::Error(base::Code::kInternal, "a name is taken");
    at.node = node;
  }
  if (nodes_[node].is_folder()) {
    parents_[node] = folder;
    folder_names_[node] = slots_[slot];
  }
  ++nodes_[node].names;
  ++live_names_;
}

NodeId FileTree::add(NodeId folder, std::string_view name, const FileNode& node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back(node);
  nodes_.back().names = 0;
  put(folder, name, id);
  return id;
}

NodeId FileTree::add_symlink(NodeId folder, std::string_view name, FileNode node, std::string_view target) {
  node.type = NodeType::kSymlink;
  node.size = target.size();
  node.data = texts_->add(target, {});
  return add(folder, name, node);
}

void FileTree::add_name(NodeId folder, std::string_view name, NodeId node) { put(folder, name, node); }

void FileTree::take_away(std::uint32_t first) {
  std::vector<std::uint32_t> left{first};
  while (!left.empty()) {
    Name& name = names_[left.back()];
    left.pop_back();
    const NodeId node = std::exchange(name.node, kNoNode);
    if (node == kNoNode) continue;
    --nodes_[node].names;
    --live_names_;
    if (!nodes_[node].is_folder()) continue;
    if (const auto at = first_.find(node); at != first_.end()) {
      for (std::uint32_t child = at->second; child != kNone; child = names_[child].next) left.push_back(child);
    }
  }
}

void FileTree::remove(NodeId folder, std::string_view name) {
  const std::uint32_t at = slots_[slot_of(folder, name)];
  if (at != kNone) take_away(at);
}

std::string FileTree::path(NodeId folder) const {
  std::string path;
  for (; folder != kRootNode; folder = parent(folder)) {
    const std::string_view name = texts_->name(names_[folder_names_.at(folder)].text);
    path.insert(0, path.empty() ? std::string(name) : std::string(name) + "/");
  }
  return path;
}

std::string_view FileTree::target(NodeId symlink) const {
  const FileNode& node = nodes_[symlink];
  return {texts_->at(node.data), node.size};
}

std::vector<FileTree::Entry> FileTree::entries(NodeId folder) const {
  std::vector<Entry> all;
  if (const auto at = first_.find(folder); at != first_.end()) {
    for (std::uint32_t name = at->second; name != kNone; name = names_[name].next) {
      if (names_[name].node != kNoNode) all.push_back({texts_->name(names_[name].text), names_[name].node});
    }
  }
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return all;
}

std::uint32_t FileTree::add_xattrs(Xattrs xattrs) {
  std::sort(xattrs.begin(), xattrs.end());
  const auto [at, is_new] = xattr_index_.emplace(std::move(xattrs), static_cast<std::uint32_t>(xattr_sets_.size()));
  if (is_new) xattr_sets_.push_back(&at->first);
  return at->second;
}

std::uint32_t FileTree::add_chunks(FileChunks chunks) {
  chunks_.push_back(std::move(chunks));
  return static_cast<std::uint32_t>(chunks_.size() - 1);
}

}  // namespace davit::codec
