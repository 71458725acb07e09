// What each stage of a pull or push costs by itself, on the file named by DAVIT_BENCH_TAR: a tar archive of real files,
// some hundred MB. Rates are of uncompressed bytes.
#include <cstdlib>
#include <map>
#include <string>

#include <benchmark/benchmark.h>

#include "base/fs/file.h"
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

void decompress(benchmark::State& state, codec::Compression compression) {
  static std::map<codec::Compression, std::string> inputs;
  if (!inputs.contains(compression)) inputs[compression] = compressed(compression, 0);
  measure(state, [&] {
    base::MemorySource source{std::string_view(inputs[compression])};
    base::NullSink null;
    base::copy(*codec::decompress(source, compression), null);
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
BENCHMARK_CAPTURE(decompress, gzip, codec::Compression::kGzip);
BENCHMARK_CAPTURE(decompress, zstd, codec::Compression::kZstd);
BENCHMARK(pull);
BENCHMARK_CAPTURE(compress, gzip, codec::Compression::kGzip)->DenseRange(3, 7)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compress, zstd, codec::Compression::kZstd)->Arg(1)->Arg(3)->Arg(6)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
