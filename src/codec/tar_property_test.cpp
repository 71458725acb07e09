#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "codec/tar_test_support.h"

namespace davit::codec {

namespace {

std::string text_without_nul(std::size_t most) {
  const auto size = *rc::gen::inRange<std::size_t>(1, most);
  return *rc::gen::container<std::string>(
      size, rc::gen::map(rc::gen::inRange(1, 256), [](int c) { return static_cast<char>(c); }));
}

std::string random_path() {
  std::string path = text_without_nul(*rc::gen::element<std::size_t>(10, 120, 300));
  while (path.ends_with('/')) path.pop_back();
  return path.empty() ? "x" : path;
}

struct Sample {
  TarEntry entry;
  std::string data;
};

void make_sparse(Sample& sample) {
  std::vector<SparseExtent> extents;
  std::uint64_t at = 0, sum = 0;
  for (int i = *rc::gen::inRange(0, 60); i > 0; --i) {
    at += *rc::gen::inRange<std::uint64_t>(extents.empty() ? 0 : 1, 5000);
    const auto size = *rc::gen::inRange<std::uint64_t>(1, 2000);
    extents.push_back({at, size});
    at += size;
    sum += size;
  }
  sample.entry.size = at + *rc::gen::inRange<std::uint64_t>(0, 5000);
  sample.entry.sparse = std::move(extents);
  sample.data = testing::sample_bytes(sum, *rc::gen::arbitrary<unsigned>());
}

Sample random_sample() {
  Sample sample;
  TarEntry& entry = sample.entry;
  entry.type =
      *rc::gen::element(EntryType::kFile, EntryType::kFile, EntryType::kHardLink, EntryType::kSymlink,
                        EntryType::kCharacterDevice, EntryType::kBlockDevice, EntryType::kDirectory, EntryType::kFifo);
  entry.path = random_path();
  if (entry.type == EntryType::kDirectory) entry.path += '/';
  entry.mode = *rc::gen::inRange<mode_t>(0, 010000);
  entry.uid = *rc::gen::element(0u, 1000u, 2097151u, 2097152u, 4294967294u);
  entry.gid = *rc::gen::inRange(0u, 4294967295u);
  entry.mtime.tv_sec = *rc::gen::inRange<std::int64_t>(-(1ll << 36), 1ll << 36);
  entry.mtime.tv_nsec = *rc::gen::element(0l, *rc::gen::inRange(0l, 1'000'000'000l));
  if (entry.type == EntryType::kHardLink || entry.type == EntryType::kSymlink) entry.link_target = random_path();
  if (entry.type == EntryType::kCharacterDevice || entry.type == EntryType::kBlockDevice) {
    entry.device_major = *rc::gen::inRange(0u, 4096u);
    entry.device_minor = *rc::gen::inRange(0u, 1u << 20);
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
    entry.xattrs["user." + text_without_nul(20)] = *rc::gen::arbitrary<std::string>();
  if (entry.type == EntryType::kFile && *rc::gen::inRange(0, 3) == 0) {
    make_sparse(sample);
  } else if (entry.type == EntryType::kFile) {
    entry.size =
        *rc::gen::element<std::size_t>(0, 1, 511, 512, 513, 70'000, *rc::gen::inRange<std::size_t>(0, 300'000));
    sample.data = testing::sample_bytes(entry.size, *rc::gen::arbitrary<unsigned>());
  }
  return sample;
}

void expect_equal(const testing::ReadEntry& read, const Sample& sample) {
  const TarEntry &a = read.entry, &b = sample.entry;
  RC_ASSERT(a.type == b.type);
  RC_ASSERT(a.path == b.path);
  RC_ASSERT(a.link_target == b.link_target);
  RC_ASSERT(a.mode == b.mode);
  RC_ASSERT(a.uid == b.uid);
  RC_ASSERT(a.gid == b.gid);
  RC_ASSERT(a.mtime.tv_sec == b.mtime.tv_sec);
  RC_ASSERT(a.mtime.tv_nsec == b.mtime.tv_nsec);
  RC_ASSERT(a.size == b.size);
  RC_ASSERT(a.device_major == b.device_major);
  RC_ASSERT(a.device_minor == b.device_minor);
  RC_ASSERT(a.xattrs == b.xattrs);
  RC_ASSERT(a.sparse.has_value() == b.sparse.has_value());
  if (a.sparse) {
    const auto same = [](const SparseExtent& x, const SparseExtent& y) {
      return x.offset == y.offset && x.size == y.size;
    };
    RC_ASSERT(std::equal(a.sparse->begin(), a.sparse->end(), b.sparse->begin(), b.sparse->end(), same));
  }
  RC_ASSERT(read.stored == sample.data);
}

}  // namespace

RC_GTEST_PROP(TarProperty, WhatIsWrittenIsReadAndWrittenTheSameAgain, ()) {
  std::vector<Sample> samples;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) samples.push_back(random_sample());
  const auto archive = [&] {
    base::StringSink out;
    TarWriter writer(out);
    for (const Sample& sample : samples) {
      base::MemorySource data(std::string_view(sample.data));
      writer.add(sample.entry, &data);
    }
    writer.finish();
    return out.take();
  };
  const std::string bytes = archive();
  RC_ASSERT(bytes.size() % 512 == 0);
  RC_ASSERT(bytes == archive());
  const auto read = testing::read_archive(bytes, *rc::gen::inRange<std::size_t>(1, 400'000));
  RC_ASSERT(read.size() == samples.size());
  for (std::size_t i = 0; i < read.size(); ++i) expect_equal(read[i], samples[i]);

  const auto sizes = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 1100), rc::gen::inRange<std::size_t>(0, 300'000))));
  const auto by_pieces =
      testing::read_archive_by_pieces(bytes, sizes, *rc::gen::element<std::size_t>(1000, 70'000, SIZE_MAX));
  RC_ASSERT(by_pieces.size() == samples.size());
  for (std::size_t i = 0; i < by_pieces.size(); ++i) expect_equal(by_pieces[i], samples[i]);
}

}  // namespace davit::codec
