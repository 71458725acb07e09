#include "codec/file_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>

#include "base/error.h"

namespace davit::codec {

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kFirstSlots = 1024;
constexpr std::uint64_t kMostXattrBytes = std::uint64_t{128} << 20;

// SipHash-1-3 with a key of the process: names come from strangers, who must not be able to choose ones that meet in
// one place of the table and make a layer of a million files take hours.
class SipHash {
 public:
  SipHash() {
    std::random_device random;
    for (std::uint64_t& word : key_) word = static_cast<std::uint64_t>(random()) << 32 | random();
  }

  std::uint64_t operator()(NodeId folder, std::string_view name) const {
    State v = {key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d, key_[0] ^ 0x6c7967656e657261,
               key_[1] ^ 0x7465646279746573};
    add(v, static_cast<std::uint64_t>(folder) << 32 | name.size());
    for (; name.size() >= sizeof(std::uint64_t); name.remove_prefix(sizeof(std::uint64_t))) add(v, word_of(name));
    add(v, word_of(name));
    v[2] ^= 0xff;
    for (int i = 0; i < 3; ++i) round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
  }

 private:
  using State = std::array<std::uint64_t, 4>;

  static std::uint64_t word_of(std::string_view text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), std::min(text.size(), sizeof(word)));
    return word;
  }
  static void add(State& v, std::uint64_t word) {
    v[3] ^= word;
    round(v);
    v[0] ^= word;
  }
  static void round(State& v) {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  }

  std::array<std::uint64_t, 2> key_{};
};

std::size_t hash_of(NodeId folder, std::string_view name) {
  static const SipHash hash;
  return hash(folder, name);
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
  folders_.push_back({.node = kRootNode, .parent = kRootNode});
  chunks_.emplace_back();  // 0 stands for none
  xattr_sets_.push_back(nullptr);
  xattr_sets_[0] = &xattr_index_.emplace(Xattrs{}, 0).first->first;
}

FileTree::~FileTree() = default;
FileTree::FileTree(FileTree&&) noexcept = default;
FileTree& FileTree::operator=(FileTree&&) noexcept = default;

const FileTree::Folder& FileTree::folder_at(NodeId node) const {
  const FileNode& at = nodes_[node];
  if (!at.is_folder() || at.folder >= folders_.size() || folders_[at.folder].node != node) {
    throw base::Error(base::Code::kInternal, "no folder, or one whose number was written over");
  }
  return folders_[at.folder];
}

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
    Folder& in = folder_at(folder);
    const char length = static_cast<char>(static_cast<unsigned char>(name.size()));
    const auto number = static_cast<std::uint32_t>(names_.size());
    names_.push_back({.text = texts_->add({&length, 1}, name), .folder = folder, .node = node, .next = number});
    if (in.last != kNone) std::swap(names_[in.last].next, names_[number].next);
    in.last = slots_[slot] = number;
    ++in.count;
  } else {
    Name& at = names_[slots_[slot]];
    if (at.node != kNoNode) throw base::Error(base::Code::kInternal, "a name is taken");
    at.node = node;
    ++folder_at(folder).count;
  }
  if (nodes_[node].is_folder()) {
    Folder& own = folder_at(node);
    own.parent = folder;
    own.name = slots_[slot];
  }
  ++nodes_[node].names;
  ++live_names_;
}

NodeId FileTree::add(NodeId folder, std::string_view name, const FileNode& node) {
  if (nodes_.size() >= kNoNode) throw base::Error(base::Code::kNotSupported, "more files than davit can hold");
  const auto id = static_cast<NodeId>(nodes_.size());
  nodes_.push_back(node);
  nodes_.back().names = 0;
  if (node.is_folder()) {
    nodes_.back().folder = static_cast<std::uint32_t>(folders_.size());
    folders_.push_back({.node = id, .parent = folder});
  }
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
    --folder_at(name.folder).count;
    --live_names_;
    if (!nodes_[node].is_folder()) continue;
    const std::uint32_t last = folder_at(node).last;
    if (last == kNone) continue;
    for (std::uint32_t child = names_[last].next;; child = names_[child].next) {
      left.push_back(child);
      if (child == last) break;
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
    path.insert(0, path.empty() ? std::string(name(folder)) : std::string(name(folder)) + "/");
  }
  return path;
}

std::string_view FileTree::name_of(const Folder& folder) const { return texts_->name(names_[folder.name].text); }

std::string_view FileTree::target(NodeId symlink) const {
  const FileNode& node = nodes_[symlink];
  return {texts_->at(node.data), node.size};
}

void FileTree::visit_entries(NodeId folder, const std::function<bool(const Entry&)>& visit) const {
  const std::uint32_t last = folder_at(folder).last;
  if (last == kNone) return;
  for (std::uint32_t name = names_[last].next;; name = names_[name].next) {
    const Name& at = names_[name];
    if (at.node != kNoNode && !visit({texts_->name(at.text), at.node})) return;
    if (name == last) return;
  }
}

std::vector<FileTree::Entry> FileTree::entries(NodeId folder) const {
  std::vector<Entry> all;
  all.reserve(folder_at(folder).count + std::size_t{2});  // and "." and "..", which some put there
  visit_entries(folder, [&](const Entry& entry) {
    all.push_back(entry);
    return true;
  });
  const auto by_name = [](const Entry& a, const Entry& b) { return a.name < b.name; };
  // Most archives are sorted already.
  if (!std::is_sorted(all.begin(), all.end(), by_name)) std::sort(all.begin(), all.end(), by_name);
  return all;
}

std::uint32_t FileTree::add_xattrs(Xattrs xattrs) {
  std::sort(xattrs.begin(), xattrs.end());
  const auto [at, is_new] = xattr_index_.emplace(std::move(xattrs), static_cast<std::uint32_t>(xattr_sets_.size()));
  if (!is_new) return at->second;
  xattr_sets_.push_back(&at->first);
  for (const auto& [name, value] : at->first) xattr_bytes_ += name.size() + value.size();
  if (xattr_bytes_ > kMostXattrBytes) {
    throw base::Error(base::Code::kNotSupported, "the archive has more extended attributes than davit can hold");
  }
  return at->second;
}

std::uint32_t FileTree::add_chunks(FileChunks chunks) {
  chunks_.push_back(std::move(chunks));
  return static_cast<std::uint32_t>(chunks_.size() - 1);
}

}  // namespace davit::codec
