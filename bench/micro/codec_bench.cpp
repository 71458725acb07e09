// What each stage of a pull or push costs by itself, on the file named by DAVIT_BENCH_TAR: a tar archive of real files,
// some hundred MB. Rates are of uncompressed bytes.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/fs/file.h"
#include "base/fs/paths.h"
#include "base/pipe.h"
#include "base/process.h"
#include "base/read_ahead.h"
#include "codec/compression.h"
#include "codec/hash.h"
#include "codec/tar.h"

using namespace davit;

namespace {

const std::string& archive() {
  static const std::string bytes = [] {
    const char* path = std::getenv("DAVIT_BENCH_TAR");
    if (path == nullptr) return std::string();
    base::fs::FileSource source(base::fs::File::open(path));
    return base::read_all(source, std::size_t{1} << 31);
  }();
  return bytes;
}

std::string compressed(codec::Compression compression, int level) {
  base::StringSink out;
  const auto sink = codec::compress(out, compression, level);
  sink->write(base::as_byte_view(archive()));
  sink->finish();
  return out.take();
}

// Runs `work` over the archive; skipped when there is none.
template <typename Work>
void measure(benchmark::State& state, Work work) {
  if (archive().empty()) return state.SkipWithError("DAVIT_BENCH_TAR names no archive");
  for (auto _ : state) work();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(archive().size()));
}

void walk(base::Source& source) {
  codec::TarReader reader(source);
  base::NullSink null;
  while (reader.next()) base::copy(reader.data(), null);
  reader.drain();
}

void hash(benchmark::State& state) {
  measure(state, [] { benchmark::DoNotOptimize(codec::digest_of(archive())); });
}

void tar_walk(benchmark::State& state) {
  measure(state, [] {
    base::MemorySource source{std::string_view(archive())};
    walk(source);
  });
}

// The archive as gzip in one stream, as all but davit make it: by gzip -6 (file DAVIT_BENCH_TAR.gz, made when missing).
const std::string& ordinary_gzip() {
  static const std::string bytes = [] {
    if (archive().empty()) return std::string();
    const std::string path = std::string(std::getenv("DAVIT_BENCH_TAR")) + ".gz";
    auto file = base::fs::File::open_if_exists(path);
    if (!file) {
      base::run({.argv = {"sh", "-c", "gzip -6 <\"$1\" >\"$1.gz\"", "sh", std::getenv("DAVIT_BENCH_TAR")}});
      file = base::fs::File::open(path);
    }
    base::fs::FileSource source(std::move(*file));
    return base::read_all(source, std::size_t{1} << 31);
  }();
  return bytes;
}

const std::string& own(codec::Compression compression) {
  static std::map<codec::Compression, std::string> inputs;
  if (!inputs.contains(compression)) inputs[compression] = compressed(compression, 0);
  return inputs[compression];
}

void drain(base::Source& source) {
  std::vector<std::byte> buffer(base::kPieceBytes);
  while (source.read(buffer) > 0) {
  }
}

void decompress(benchmark::State& state, codec::Compression compression) {
  const std::string& input = own(compression);
  measure(state, [&] {
    base::MemorySource source{std::string_view(input)};
    drain(*codec::decompress(source, compression, {.threads = static_cast<unsigned>(state.range(0))}));
  });
}

void inflate_ordinary(benchmark::State& state) {
  const std::string& input = ordinary_gzip();
  measure(state, [&] {
    base::MemorySource source{std::string_view(input)};
    const auto data = codec::decompress(source, codec::Compression::kGzip);
    std::vector<std::byte> buffer(static_cast<std::size_t>(state.range(0)));
    while (data->read(buffer) > 0) {
    }
  });
}

base::fs::File new_file() {
  const std::string path = std::string(std::getenv("DAVIT_BENCH_TAR")) + ".written";
  base::fs::remove_tree(path);
  return base::fs::File::open(path, {.access = base::fs::Access::kWrite, .create = base::fs::Create::kIfMissing});
}

// To the page cache, in pieces of so many bytes.
void write_file(benchmark::State& state) {
  measure(state, [&] {
    base::fs::File file = new_file();
    base::ByteView rest = base::as_byte_view(archive());
    while (!rest.empty()) {
      const auto piece = rest.first(std::min<std::size_t>(rest.size(), static_cast<std::size_t>(state.range(0))));
      file.write(piece);
      rest = rest.subspan(piece.size());
    }
  });
}

// A layer of the erofs driver from its blob to its tar's file: pipe, inflate, hash, write, parse, with a thread for
// each of the first two or all by one.
void layer_from_blob(benchmark::State& state, bool threads) {
  const std::string& input = ordinary_gzip();
  measure(state, [&] {
    base::MemorySource memory{std::string_view(input)};
    base::Pipe pipe;
    std::optional<std::jthread> network;
    if (threads) {
      network.emplace([&] {
        codec::HashSink blob;
        base::TeeSink both(blob, pipe.sink());
        std::vector<std::byte> buffer(16 * 1024);
        while (const std::size_t count = memory.read(buffer)) both.write(base::ByteView(buffer).first(count));
        pipe.sink().finish();
      });
    }
    codec::HashSink blob;
    base::TeeSource hashed(memory, blob);
    const auto tar = codec::decompress(threads ? pipe.source() : hashed, codec::Compression::kGzip);
    base::fs::File file = new_file();
    base::fs::WritebackSink written(file);
    codec::HashSink diff_id;
    base::TeeSink both(diff_id, written);
    std::unique_ptr<base::PieceSource> pieces;
    if (threads) {
      pieces = std::make_unique<base::ReadAhead>(*tar);
    } else {
      pieces = std::make_unique<base::ReadPieces>(*tar);
    }
    base::TeePieces tee(*pieces, both);
    codec::TarReader reader(tee);
    while (reader.next()) {
    }
    reader.drain();
  });
}

void pipe_small_writes(benchmark::State& state) {
  measure(state, [&] {
    base::Pipe pipe;
    std::jthread writer([&] {
      base::ByteView rest = base::as_byte_view(archive());
      while (!rest.empty()) {
        const auto piece = rest.first(std::min<std::size_t>(rest.size(), static_cast<std::size_t>(state.range(0))));
        pipe.sink().write(piece);
        rest = rest.subspan(piece.size());
      }
      pipe.sink().finish();
    });
    drain(pipe.source());
  });
}

// What one thread of a pull does, but for the disk.
void pull(benchmark::State& state) {
  static const std::string input = compressed(codec::Compression::kGzip, 0);
  measure(state, [] {
    base::MemorySource source{std::string_view(input)};
    codec::HashSink compressed_hash, plain_hash;
    base::TeeSource hashed(source, compressed_hash);
    const auto plain = codec::decompress(hashed, codec::Compression::kGzip);
    base::TeeSource plain_hashed(*plain, plain_hash);
    walk(plain_hashed);
  });
}

void compress(benchmark::State& state, codec::Compression compression) {
  std::size_t size = 0;
  measure(state, [&] { size = compressed(compression, static_cast<int>(state.range(0))).size(); });
  state.counters["bytes"] = static_cast<double>(size);
}

}  // namespace

BENCHMARK(hash);
BENCHMARK(tar_walk);
BENCHMARK_CAPTURE(decompress, gzip, codec::Compression::kGzip)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(decompress, zstd, codec::Compression::kZstd)->Arg(1);
BENCHMARK(inflate_ordinary)->Arg(32 << 10)->Arg(128 << 10)->Arg(256 << 10)->Arg(1 << 20);
BENCHMARK(write_file)->Arg(64 << 10)->Arg(256 << 10)->Arg(1 << 20);
BENCHMARK_CAPTURE(layer_from_blob, one_thread, false)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(layer_from_blob, three_threads, true)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(pipe_small_writes)->Arg(16 << 10)->Arg(256 << 10)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(pull);
BENCHMARK_CAPTURE(compress, gzip, codec::Compression::kGzip)->DenseRange(3, 7)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compress, zstd, codec::Compression::kZstd)->Arg(1)->Arg(3)->Arg(6)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
