// Random archives: what unpack() makes of them is what GNU tar makes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/fs/paths.h"
#include "layer/archive_name.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using test::Archive;

rc::Gen<std::string> gen_path() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange(1, 4), rc::gen::container<std::vector<int>>(3, rc::gen::inRange(0, 3))),
      [](const std::pair<int, std::vector<int>>& choice) {
        std::string path;
        for (int i = 0; i < choice.first; ++i) {
          path = join_path(path, std::string(1, static_cast<char>('a' + choice.second[i])));
        }
        return path;
      });
}

// An archive whose entries make sense in their order: none lies below a file, and hard links lead to files. (For the
// others, GNU tar's answer is no norm: it goes on without the entry.)
Archive gen_archive() {
  Archive archive;
  std::map<std::string, char> types;  // by path: 'd', 'f' or 'l'
  const auto steps = *rc::gen::inRange(1, 25);
  for (int i = 0; i < steps; ++i) {
    const std::string path = *gen_path();
    bool valid = true;
    for (std::string_view parent = parent_of(path); !parent.empty(); parent = parent_of(parent)) {
      const auto type = types.find(std::string(parent));
      if (type != types.end() && type->second != 'd') valid = false;
    }
    if (!valid) continue;
    const auto forget_below = [&] { std::erase_if(types, [&](const auto& t) { return is_inside(t.first, path); }); };
    const int kind = *rc::gen::inRange(0, 10);
    if (kind < 4) {
      forget_below();
      archive.file(path, std::to_string(i), 0600 + static_cast<mode_t>(i), static_cast<std::uint32_t>(i % 3));
      types[path] = 'f';
    } else if (kind < 7) {
      if (types.contains(path) && types[path] != 'd') forget_below();
      archive.folder(path, 0700 + static_cast<mode_t>(i), 0, static_cast<std::uint32_t>(i % 3));
      types[path] = 'd';
    } else if (kind < 8) {
      forget_below();
      archive.symlink(path, *gen_path());
      types[path] = 'l';
    } else {
      std::vector<std::string> files;
      for (const auto& [name, type] : types) {
        if (type == 'f' && !is_inside(name, path)) files.push_back(name);
      }
      if (files.empty()) continue;
      forget_below();
      archive.hard_link(path, *rc::gen::elementOf(files));
      types[path] = 'f';
    }
    for (std::string_view parent = parent_of(path); !parent.empty(); parent = parent_of(parent)) {
      types[std::string(parent)] = 'd';
    }
  }
  return archive;
}

RC_GTEST_PROP(UnpackProperty, MakesWhatGnuTarMakes, ()) {
  const Archive archive = gen_archive();
  const fs::TemporaryDirectory folder(testing::TempDir());
  const std::string bytes = archive.bytes();
  const time_t start = time(nullptr) - 1;
  base::MemorySource source(bytes);
  codec::TarReader reader(source);
  const Unpacked result = unpack(reader, fs::Directory::open(folder.path()), "ours");
  fs::make_directory(folder.path() / "tars", 0755);
  test::apply_with_gnu_tar(archive, folder.path() / "tars");

  test::Tree expected = test::read_tree(folder.path() / "tars");
  test::Tree found = test::read_tree(folder.path() / "ours");
  RC_ASSERT(found.size() == result.entries + 1);
  // Folders that tar was not told of, or in which it replaced something, have the time of day.
  RC_ASSERT(test::difference(expected, found, start) == "");
}

}  // namespace
}  // namespace davit::layer
