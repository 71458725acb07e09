// Random archives: what unpack() makes of them is what GNU tar makes, and what unpack_for_image() has in memory.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "layer/archive_name.h"
#include "layer/unpack.h"
#include "tests/testing/layer_tree.h"

namespace davit::layer {
namespace {

namespace fs = base::fs;
using codec::EntryType;
using codec::TarEntry;
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

// Any path: also up, absolute, whiteouts, the root.
std::string gen_any_path() {
  std::string path = *rc::gen::weightedOneOf<std::string>({{12, rc::gen::just(std::string())},
                                                           {2, rc::gen::just(std::string("/"))},
                                                           {1, rc::gen::just(std::string("./"))}});
  const int parts = *rc::gen::inRange(1, 5);
  for (int i = 0; i < parts; ++i) {
    if (i > 0) path += '/';
    path += *rc::gen::weightedElement<std::string>({{20, "a"}, {20, "b"}, {20, "c"}, {1, ".."}, {1, "."}});
  }
  return path;
}

TarEntry gen_attributes(EntryType type) {
  TarEntry entry;
  entry.type = type;
  entry.path = gen_any_path();
  entry.mode = *rc::gen::elementOf(std::vector<mode_t>{0644, 0755, 04755, 02755, 01777, 0, 06600});
  entry.uid = *rc::gen::elementOf(std::vector{0U, 0U, 1U, 70000U});
  entry.gid = *rc::gen::elementOf(std::vector{0U, 0U, 2U, 80000U});
  entry.mtime = {.tv_sec = *rc::gen::inRange(0, 2'000'000'000), .tv_nsec = *rc::gen::inRange(0, 1'000'000'000)};
  // The owner's, user 5's, the group's, the mask and the others' permissions; and an ACL that is as the mode.
  const std::string acl(
      "\2\0\0\0\1\0\7\0\xff\xff\xff\xff\2\0\6\0\5\0\0\0\4\0\4\0\xff\xff\xff\xff\x10\0\5\0\xff\xff\xff\xff"
      "\x20\0\1\0\xff\xff\xff\xff",
      44);
  const std::string small("\2\0\0\0\1\0\6\0\0\0\0\0\4\0\4\0\0\0\0\0\x20\0\0\0\0\0\0\0", 28);
  const int xattrs = *rc::gen::weightedElement<int>({{8, 0}, {2, 1}, {1, 2}});
  for (int i = 0; i < xattrs; ++i) {
    entry.xattrs.insert(*rc::gen::elementOf(std::vector<std::pair<std::string, std::string>>{
        {"user.colour", "blue"},
        {"user.colour", "red"},
        {"trusted.note", ""},
        {"security.thing", "x"},
        {"system.posix_acl_access", acl},
        {"system.posix_acl_access", small},
        {"system.posix_acl_default", acl},
        {"system.posix_acl_default", small},
        {"trusted.overlay.opaque", "y"},
        {"nonsense.key", "x"},
        {"security.capability", std::string("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)}}));
  }
  if (*rc::gen::inRange(0, 200) == 0) entry.xattrs["security.capability"] = "malformed";
  return entry;
}

void add_sparse(Archive& archive, TarEntry entry) {
  entry.sparse.emplace();
  std::string data;
  std::uint64_t end = 0;
  const int extents = *rc::gen::inRange(0, 4);
  for (int i = 0; i < extents; ++i) {
    const codec::SparseExtent extent = {.offset = end + *rc::gen::elementOf(std::vector{0U, 1U, 512U, 4096U, 20'000U}),
                                        .size = *rc::gen::elementOf(std::vector{1U, 512U, 4096U, 5000U})};
    entry.sparse->push_back(extent);
    end = extent.offset + extent.size;
    data += std::string(extent.size, static_cast<char>('A' + i));
  }
  entry.size = end + *rc::gen::elementOf(std::vector{0U, 1U, 70'000U});
  archive.add(entry, data);
}

// Anything that an archive can say, with no regard to what makes sense.
Archive gen_any_archive() {
  Archive archive;
  const auto steps = *rc::gen::inRange(1, 30);
  for (int i = 0; i < steps; ++i) {
    const int kind = *rc::gen::inRange(0, 20);
    if (kind < 5) {
      TarEntry entry = gen_attributes(EntryType::kFile);
      const std::string content(*rc::gen::inRange<std::size_t>(0, 3000), static_cast<char>('a' + i % 26));
      entry.size = content.size();
      archive.add(entry, content);
    } else if (kind < 9) {
      archive.add(gen_attributes(EntryType::kDirectory));
    } else if (kind < 12) {
      TarEntry entry = gen_attributes(EntryType::kSymlink);
      entry.link_target = gen_any_path();
      archive.add(entry);
    } else if (kind < 15) {
      archive.hard_link(gen_any_path(), gen_any_path());
    } else if (kind < 16) {
      TarEntry entry = gen_attributes(
          *rc::gen::elementOf(std::vector{EntryType::kFifo, EntryType::kCharacterDevice, EntryType::kBlockDevice}));
      entry.device_major = *rc::gen::inRange(0U, 3U);
      entry.device_minor = *rc::gen::inRange(0U, 3U);
      archive.add(entry);
    } else if (kind < 17) {
      add_sparse(archive, gen_attributes(EntryType::kFile));
    } else if (kind < 18) {
      archive.opaque(*gen_path());
    } else if (kind < 19) {
      archive.whiteout(*gen_path());
    } else {
      TarEntry entry = gen_attributes(EntryType::kDirectory);
      entry.path = "./";
      archive.add(entry);
    }
  }
  return archive;
}

template <typename Unpack>
std::optional<std::string> refusal_of(const Unpack& unpack) {
  try {
    unpack();
  } catch (const base::Error& e) {
    return std::string(name(e.code())) + ": " + e.message();
  }
  return std::nullopt;
}

RC_GTEST_PROP(UnpackProperty, BothTargetsMakeTheSameTreeOrTheSameRefusal, ()) {
  const Archive archive = gen_any_archive();
  const fs::TemporaryDirectory folder(testing::TempDir());
  const std::string bytes = archive.bytes();
  Unpacked in_folder;
  ImageUnpacked in_memory;
  std::optional<fs::File> beside;
  const auto folder_refusal = refusal_of([&] {
    base::MemorySource source(bytes);
    codec::TarReader reader(source);
    in_folder = unpack(reader, fs::Directory::open(folder.path()), "tree");
  });
  const auto image_refusal = refusal_of([&] {
    base::MemorySource source(bytes);
    codec::TarReader reader(source);
    in_memory = unpack_for_image(reader, [&]() -> fs::File& {
      if (!beside) {
        beside.emplace(fs::File::open(folder.path() / "beside",
                                      {.access = fs::Access::kReadWrite, .create = fs::Create::kExclusive}));
      }
      return *beside;
    });
  });
  RC_ASSERT(image_refusal == folder_refusal);
  RC_TAG(folder_refusal.has_value());
  if (folder_refusal) return;
  RC_ASSERT(test::difference(test::read_tree(folder.path() / "tree"),
                             test::read_tree(in_memory.tree, bytes, beside ? &*beside : nullptr)) == "");
  RC_ASSERT(in_memory.beside_bytes == (beside ? beside->size() : 0));
  RC_ASSERT(in_memory.layer.size == in_folder.size);
  RC_ASSERT(in_memory.layer.disk_bytes == in_folder.disk_bytes);
  RC_ASSERT(in_memory.layer.entries == in_folder.entries);
  RC_ASSERT(in_memory.layer.root_listed == in_folder.root_listed);
  RC_ASSERT(in_memory.layer.root_special == in_folder.root_special);
  RC_ASSERT(in_memory.layer.root_opaque == in_folder.root_opaque);
  RC_ASSERT(in_memory.layer.implied == in_folder.implied);
}

}  // namespace
}  // namespace davit::layer
