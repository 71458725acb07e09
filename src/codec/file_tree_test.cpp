#include "codec/file_tree.h"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/test_support.h"

namespace davit::codec {
namespace {

using testing::error_of;

constexpr FileNode kFolderNode{.type = NodeType::kFolder, .mode = 0755};

std::vector<std::string> names(const FileTree& tree, NodeId folder) {
  std::vector<std::string> all;
  for (const auto& entry : tree.entries(folder)) all.emplace_back(entry.name);
  return all;
}

TEST(FileTreeTest, BeginsWithARoot) {
  const FileTree tree;
  EXPECT_TRUE(tree[kRootNode].is_folder());
  EXPECT_EQ(tree[kRootNode].mode, 0755);
  EXPECT_EQ(tree[kRootNode].names, 1U);
  EXPECT_EQ(tree.node_count(), 1U);
  EXPECT_EQ(tree.name_count(), 0U);
  EXPECT_EQ(tree.path(kRootNode), "");
  EXPECT_EQ(tree.parent(kRootNode), kRootNode);
  EXPECT_TRUE(tree.entries(kRootNode).empty());
  EXPECT_EQ(tree.find(kRootNode, "x"), kNoNode);
}

TEST(FileTreeTest, FindsWhatWasAddedWhereItWasAdded) {
  FileTree tree;
  const NodeId usr = tree.add(kRootNode, "usr", kFolderNode);
  const NodeId lib = tree.add(usr, "lib", kFolderNode);
  const NodeId file = tree.add(lib, "x", {.mode = 0640, .size = 7});
  EXPECT_EQ(tree.find(kRootNode, "usr"), usr);
  EXPECT_EQ(tree.find(usr, "lib"), lib);
  EXPECT_EQ(tree.find(lib, "x"), file);
  EXPECT_EQ(tree.find(usr, "x"), kNoNode);
  EXPECT_EQ(tree.find(lib, "x "), kNoNode);
  EXPECT_EQ(tree[file].size, 7U);
  EXPECT_EQ(tree.path(lib), "usr/lib");
  EXPECT_EQ(tree.parent(lib), usr);
  EXPECT_EQ(tree.name_count(), 3U);
}

TEST(FileTreeTest, EntriesAreSortedByBytes) {
  FileTree tree;
  for (const char* name : {"b", "\xff", "a", "B", "~", "ab", "-", "\x01"}) tree.add(kRootNode, name, {});
  EXPECT_EQ(names(tree, kRootNode), (std::vector<std::string>{"\x01", "-", "B", "a", "ab", "b", "~", "\xff"}));
}

TEST(FileTreeTest, VisitingEndsWhenToldTo) {
  FileTree tree;
  for (const char* name : {"a", "b", "c"}) tree.add(kRootNode, name, {});
  int visited = 0;
  tree.visit_entries(kRootNode, [&](const FileTree::Entry&) { return ++visited < 2; });
  EXPECT_EQ(visited, 2);
}

TEST(FileTreeTest, SeveralNamesAreOneNode) {
  FileTree tree;
  const NodeId folder = tree.add(kRootNode, "f", kFolderNode);
  const NodeId file = tree.add(kRootNode, "a", {});
  tree.add_name(folder, "b", file);
  EXPECT_EQ(tree.find(folder, "b"), file);
  EXPECT_EQ(tree[file].names, 2U);
  tree.remove(kRootNode, "a");
  EXPECT_EQ(tree[file].names, 1U);
  tree.remove(kRootNode, "a");  // fine when missing
  tree.remove(kRootNode, "never there");
  EXPECT_EQ(tree[file].names, 1U);
  tree.remove(kRootNode, "f");
  EXPECT_EQ(tree[file].names, 0U);
  EXPECT_EQ(tree[folder].names, 0U);
  EXPECT_EQ(tree.name_count(), 0U);
}

TEST(FileTreeTest, ANameThatWasTakenAwayIsGivenAgain) {
  FileTree tree;
  const NodeId old = tree.add(kRootNode, "x", kFolderNode);
  tree.add(old, "inside", {});
  tree.remove(kRootNode, "x");
  const NodeId file = tree.add(kRootNode, "x", {.size = 3});
  EXPECT_EQ(tree.find(kRootNode, "x"), file);
  tree.remove(kRootNode, "x");
  const NodeId folder = tree.add(kRootNode, "x", kFolderNode);
  EXPECT_EQ(names(tree, kRootNode), std::vector<std::string>{"x"});
  EXPECT_TRUE(tree.entries(folder).empty());
  EXPECT_EQ(tree.path(folder), "x");
}

TEST(FileTreeTest, TargetsAreKeptWhole) {
  FileTree tree;
  const std::string longest(4095, 't'), longer_than_a_block(100'000, 'u');
  const NodeId a = tree.add_symlink(kRootNode, "a", {.mode = 0777}, longest);
  const NodeId b = tree.add_symlink(kRootNode, "b", {}, longer_than_a_block);
  const NodeId c = tree.add_symlink(kRootNode, "c", {}, "x");
  EXPECT_TRUE(tree[a].is_symlink());
  EXPECT_EQ(tree[a].size, 4095U);
  EXPECT_EQ(tree.target(a), longest);
  EXPECT_EQ(tree.target(b), longer_than_a_block);
  EXPECT_EQ(tree.target(c), "x");
}

TEST(FileTreeTest, NamesOf255BytesAreHeldAndLongerOnesAreNot) {
  FileTree tree;
  const std::string name(255, 'n');
  const NodeId file = tree.add(kRootNode, name, {});
  EXPECT_EQ(tree.find(kRootNode, name), file);
  error_of(base::Code::kInternal, [&] { tree.add(kRootNode, name, {}); });
  error_of(base::Code::kInternal, [&] { tree.add(kRootNode, name + "n", {}); });
  error_of(base::Code::kInternal, [&] { tree.add(kRootNode, "", {}); });
  error_of(base::Code::kInternal, [&] { tree.add(file, "below a file", {}); });
}

TEST(FileTreeTest, EqualXattrsAreKeptOnce) {
  FileTree tree;
  const std::uint32_t one = tree.add_xattrs({{"user.b", "2"}, {"user.a", "1"}});
  EXPECT_NE(one, 0U);
  EXPECT_EQ(tree.add_xattrs({{"user.a", "1"}, {"user.b", "2"}}), one);
  EXPECT_NE(tree.add_xattrs({{"user.a", "1"}}), one);
  EXPECT_EQ(tree.add_xattrs({}), 0U);
  const NodeId file = tree.add(kRootNode, "x", {.xattrs = one});
  EXPECT_EQ(tree.xattrs(tree[file]), (FileTree::Xattrs{{"user.a", "1"}, {"user.b", "2"}}));
}

TEST(FileTreeTest, MoreXattrsThanMemoryIsGoodForAreRefused) {
  FileTree tree;
  const std::string large(std::size_t{8} << 20, 'v');
  const std::uint32_t one = tree.add_xattrs({{"user.a", large}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(tree.add_xattrs({{"user.a", large}}), one) << "equal ones cost nothing";
  const auto add_many = [&] {
    for (int i = 0; i < 16; ++i) tree.add_xattrs({{"user.a", large}, {"user.b", std::to_string(i)}});
  };
  EXPECT_EQ(error_of(base::Code::kNotSupported, add_many),
            "the archive has more extended attributes than davit can hold");
}

TEST(FileTreeTest, ReferencesStayGoodAndATreeMoves) {
  FileTree tree;
  const NodeId first = tree.add(kRootNode, "first", {.size = 1});
  FileNode& node = tree[first];
  for (int i = 0; i < 10'000; ++i) tree.add(kRootNode, std::to_string(i), {});
  node.size = 2;
  EXPECT_EQ(tree[first].size, 2U);
  const FileTree moved = std::move(tree);
  EXPECT_EQ(moved.find(kRootNode, "first"), first);
  EXPECT_EQ(moved.entries(kRootNode).size(), 10'001U);
}

// Against a map of folders, which are maps of names.
RC_GTEST_PROP(FileTreeProperty, IsWhatAMapOfNamesIs, ()) {
  FileTree tree;
  std::map<NodeId, std::map<std::string, NodeId>> model{{kRootNode, {}}};
  std::map<NodeId, std::uint32_t> links;
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  std::vector<NodeId> folders{kRootNode}, files;
  const std::function<void(NodeId)> forget = [&](NodeId node) {
    if (const auto at = model.find(node); at != model.end()) {
      for (const auto& [name, child] : at->second) forget(child);
      model.erase(at);
    }
    --links[node];
  };
  for (int i = *rc::gen::inRange(0, 2000); i > 0; --i) {
    const NodeId in = folders[random() % folders.size()];
    const std::string name = std::to_string(random() % 40);
    if (!model.contains(in)) continue;
    auto& list = model[in];
    if (list.contains(name)) {
      RC_ASSERT(tree.find(in, name) == list[name]);
      if (random() % 2 == 0) continue;
      tree.remove(in, name);
      const NodeId node = list[name];
      list.erase(name);
      forget(node);
    } else if (random() % 4 == 0) {
      folders.push_back(tree.add(in, name, kFolderNode));
      model[folders.back()];
      list[name] = folders.back();
      links[folders.back()] = 1;
    } else if (random() % 3 == 0 && !files.empty() && links[files.back()] > 0) {
      tree.add_name(in, name, files.back());
      list[name] = files.back();
      ++links[files.back()];
    } else {
      files.push_back(tree.add(in, name, {}));
      list[name] = files.back();
      links[files.back()] = 1;
    }
  }
  std::size_t count = 0;
  for (const auto& [folder, list] : model) {
    const auto entries = tree.entries(folder);
    count += entries.size();
    RC_ASSERT(entries.size() == list.size());
    std::size_t i = 0;
    for (const auto& [name, node] : list) {
      RC_ASSERT(entries[i].name == name && entries[i].node == node);
      ++i;
    }
  }
  for (const auto& [node, number] : links) RC_ASSERT(tree[node].names == number);
  RC_ASSERT(tree.name_count() == count);
}

}  // namespace
}  // namespace davit::codec
