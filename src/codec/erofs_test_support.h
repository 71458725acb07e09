#pragma once
// For tests of EROFS images: trees with the data that they point to, and what is found in an image, an unpacked folder
// or a mount, all in one form that can be compared.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "codec/erofs.h"
#include "codec/file_tree.h"

namespace davit::codec::testing {

// A tree and the bytes of the two places its files' data lie in.
struct Sample {
  FileTree tree;
  std::string archive, beside;

  NodeId folder(NodeId in, const std::string& name, FileNode node = {.mode = 0755});
  NodeId file(NodeId in, const std::string& name, std::string_view content, FileNode node = {.mode = 0644});
  NodeId symlink(NodeId in, const std::string& name, std::string_view target, FileNode node = {.mode = 0777});
  NodeId device(NodeId in, const std::string& name, NodeType type, std::uint32_t major, std::uint32_t minor);
  // Pieces of one size; an empty one is a hole. All but the last are full.
  NodeId sparse(NodeId in, const std::string& name, unsigned size_bits, const std::vector<std::string>& pieces,
                std::uint64_t size);

  ErofsOptions options(unsigned block_bits = kErofsBlockBits) const;
  std::string image(unsigned block_bits = kErofsBlockBits) const;
  std::vector<std::uint64_t> devices() const;
};

// Something of everything, and all that lies at a limit of the format.
Sample sample_of_everything();
// The same for equal seeds.
Sample random_sample(unsigned seed, unsigned entries);

struct Found {
  unsigned mode = 0;  // with the type
  std::uint32_t uid = 0, gid = 0;
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  std::uint32_t links = 0;
  std::uint32_t major = 0, minor = 0;
  std::uint64_t size = 0;
  std::string content;     // of a file; a link's target
  std::string link_group;  // the first path of the same file
  FileTree::Xattrs xattrs;
};
using Listing = std::map<std::string, Found>;  // by path; "" is the root

// What the tree says is there.
Listing listing_of(const Sample& sample);
// What an image has, read without any of the writer's or the checker's code.
Listing listing_of(std::string_view image, std::string_view archive, std::string_view beside);
// What a folder of this machine has.
Listing listing_of(const std::filesystem::path& root);

// What differs, a line each; empty when nothing.
std::string difference(const Listing& expected, const Listing& found);

}  // namespace davit::codec::testing
