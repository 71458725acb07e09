// Random trees: what unpack() makes of their tar is the tree again, marks included.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/sysmacros.h>

#include "base/fs/paths.h"
#include "layer/archive_name.h"
#include "layer/overlay_form.h"
#include "layer/tree_tar.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;

std::string gen_name() {
  return *rc::gen::element<std::string>("a", "b", "c", "d", "-", "with\nnewline", "\xff\xfe", std::string(255, 'n'),
                                        " ", "wh.", "a.wh.b");
}

// A tree in overlayfs's form; its folders, by path.
std::vector<std::string> make_tree(const std::filesystem::path& root) {
  std::vector<std::string> folders = {""}, files;
  const auto steps = *rc::gen::inRange(0, 30);
  for (int i = 0; i < steps; ++i) {
    const std::string parent = *rc::gen::elementOf(folders);
    const std::string name = gen_name();
    const std::string path = join_path(parent, name);
    const auto folder = fs::Directory::open(root / parent);
    if (folder.status(name)) continue;
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1: {
        std::string content = std::to_string(i);
        content.resize(*rc::gen::element<std::size_t>(0, 1, 511, 512, 513, 100'000), 'x');
        fs::File file = folder.create_file(name, 0644);
        file.write(base::as_byte_view(content));
        files.push_back(path);
        break;
      }
      case 2: {
        fs::File file = folder.create_file(name, 0644);
        file.write_at(base::as_byte_view("data"), *rc::gen::inRange<std::uint64_t>(0, 100'000));
        file.truncate(200'000);
        files.push_back(path);
        break;
      }
      case 3:
        folder.make_directory(name, 0755);
        if (*rc::gen::inRange(0, 3) == 0) folder.set_xattr(name, std::string(kOpaqueXattr), kOpaqueYes);
        folders.push_back(path);
        break;
      case 4:
        folder.symbolic_link(gen_name(), name);
        files.push_back(path);
        break;
      case 5:
        folder.make_node(name, S_IFCHR, makedev(0, 0));
        continue;
      case 6:
        folder.make_node(name, S_IFIFO | 0600, 0);
        files.push_back(path);
        break;
      case 7:
        folder.make_node(name, S_IFBLK | 0600, makedev(8, 4'000));
        break;
      default: {
        if (files.empty()) continue;
        const std::string target = *rc::gen::elementOf(files);
        const auto from = fs::Directory::open(root / parent_of(target));
        folder.hard_link(from, std::string(last_of(target)), name);
        continue;
      }
    }
    const auto status = folder.status(name);
    folder.set_owner(name, {*rc::gen::element<uid_t>(0, 1, 4'000'000'000), *rc::gen::element<gid_t>(0, 7)});
    if (!S_ISLNK(status->st_mode)) folder.set_mode(name, *rc::gen::inRange<mode_t>(0, 010000));
    if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)) {
      if (*rc::gen::inRange(0, 3) == 0) folder.set_xattr(name, "user." + std::to_string(i), std::string("\0=\n", 3));
    }
  }
  const auto set_time = [&](const std::string& path) {
    const struct timespec time = {*rc::gen::element<time_t>(-1, 0, 1'600'000'000, 9'000'000'000),
                                  *rc::gen::element<long>(0, 1, 500'000'000, 999'999'999)};
    const auto full = path.empty() ? root : root / path;
    fs::Directory::open(full.parent_path()).set_mtime(full.filename(), time);
  };
  for (const std::string& path : files) set_time(path);
  for (auto path = folders.rbegin(); path != folders.rend(); ++path) set_time(*path);
  return folders;
}

RC_GTEST_PROP(TreeTarProperty, UnpackedAgainItIsTheSameTree, ()) {
  const fs::TemporaryDirectory folder(testing::TempDir());
  const auto root = folder.path() / "one";
  fs::make_directory(root, 0755);
  const std::vector<std::string> folders = make_tree(root);

  base::StringSink sink;
  const WrittenTree written = write_diff(root, sink);
  base::MemorySource source(sink.text());
  codec::TarReader reader(source);
  const auto parent = fs::Directory::open(folder.path());
  const Unpacked unpacked = unpack(reader, parent, "two");
  reader.drain();

  RC_ASSERT(written.left_out == 0U);
  RC_ASSERT(unpacked.root_listed);
  RC_ASSERT(unpacked.implied.empty());
  const test::Tree expected = test::read_tree(root), found = test::read_tree(folder.path() / "two");
  // Marks have no times of their own; their names and kinds must be there.
  const auto without_marks = [](const test::Tree& tree) {
    test::Tree rest = tree;
    for (auto& [path, node] : rest) {
      if (S_ISCHR(node.mode) && node.device == 0) node = {.mode = S_IFCHR};
    }
    return rest;
  };
  RC_ASSERT(test::difference(without_marks(expected), without_marks(found)) == "");
  const auto opaque = [&](const std::string& tree, const std::string& path) {
    const auto full = folder.path() / tree / path;
    return fs::Directory::open(full.parent_path()).xattr(full.filename(), std::string(kOpaqueXattr));
  };
  for (const std::string& path : folders) {
    if (!path.empty()) RC_ASSERT(opaque("one", path) == opaque("two", path));
  }
  base::StringSink again;
  write_diff(folder.path() / "two", again);
  RC_ASSERT(again.text() == sink.text());
}

}  // namespace
}  // namespace davit::layer
