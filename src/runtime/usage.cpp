#include "runtime/usage.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/file.h"
#include "base/strings.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
namespace stdfs = std::filesystem;

constexpr std::uint64_t kNanoseconds = 1'000'000'000;
constexpr std::uint64_t kNoLimit = UINT64_MAX;

// The words of a line, however many blanks are between them.
std::vector<std::string> words(std::string_view line) {
  auto parts = base::split(line, ' ');
  std::erase(parts, "");
  return parts;
}

std::string text_of(const stdfs::path& path) {
  try {
    return fs::read_file_if_exists(path).value_or("");
  } catch (const base::Error&) {  // ENODEV: the group went away while we read
    return "";
  }
}

std::uint64_t machine_memory() {
  struct sysinfo info {};
  ::sysinfo(&info);
  return static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
}

void read_cpu(const Cgroups& cgroups, const std::string& group, Usage& usage) {
  usage.system_cpu_ns = parse_system_cpu_ns(text_of("/proc/stat"), ::sysconf(_SC_CLK_TCK));
  usage.online_cpus = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const auto found = cgroups.find(group, "cpuacct");
  if (!found) return;
  usage.cpu_ns = found->v2 ? value_of(text_of(found->folder / "cpu.stat"), "usage_usec") * 1000
                           : number_of(text_of(found->folder / "cpuacct.usage"));
}

void read_memory(const Cgroups& cgroups, const std::string& group, Usage& usage) {
  usage.memory_limit = machine_memory();
  const auto found = cgroups.find(group, "memory");
  if (!found) return;
  const auto file = [&](const char* v1, const char* v2) { return text_of(found->folder / (found->v2 ? v2 : v1)); };
  const auto all = number_of(file("memory.usage_in_bytes", "memory.current"));
  const auto cache =
      value_of(text_of(found->folder / "memory.stat"), found->v2 ? "inactive_file" : "total_inactive_file");
  usage.memory = cache < all ? all - cache : all;
  usage.memory_limit = std::min(usage.memory_limit, number_of(file("memory.limit_in_bytes", "memory.max"), kNoLimit));
}

void read_processes(const Cgroups& cgroups, const std::string& group, Usage& usage) {
  const auto found = cgroups.find(group, "pids");
  if (!found) return;
  usage.processes = number_of(text_of(found->folder / "pids.current"));
  usage.processes_limit = number_of(text_of(found->folder / "pids.max"));
}

// Where bfq schedules the disk it counts too; the throttling layer counts everywhere.
void read_blocks(const Cgroups& cgroups, const std::string& group, Usage& usage) {
  const auto found = cgroups.find(group, "blkio");
  if (!found) return;
  const auto bytes = found->v2 ? parse_io_stat(text_of(found->folder / "io.stat"))
                               : parse_blkio(text_of(found->folder / "blkio.throttle.io_service_bytes_recursive"));
  usage.block_read = bytes.read;
  usage.block_written = bytes.written;
}

}  // namespace

Usage read_usage(const Cgroups& cgroups, const std::string& group, int init) {
  Usage usage;
  read_cpu(cgroups, group, usage);
  read_memory(cgroups, group, usage);
  read_processes(cgroups, group, usage);
  read_blocks(cgroups, group, usage);
  usage.networks = parse_net_dev(text_of(stdfs::path("/proc") / std::to_string(init) / "net/dev"));
  return usage;
}

std::uint64_t number_of(std::string_view text, std::uint64_t otherwise) {
  const auto digits = base::trim(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? value : otherwise;
}

std::uint64_t value_of(std::string_view text, std::string_view key) {
  for (const auto& line : base::split(text, '\n')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return number_of(std::string_view(line).substr(key.size() + 1));
    }
  }
  return 0;
}

BlockBytes parse_blkio(std::string_view text) {
  BlockBytes bytes;
  for (const auto& line : base::split(text, '\n')) {
    const auto parts = words(line);
    if (parts.size() != 3) continue;  // "Total 8192"
    if (parts[1] == "Read") bytes.read += number_of(parts[2]);
    if (parts[1] == "Write") bytes.written += number_of(parts[2]);
  }
  return bytes;
}

BlockBytes parse_io_stat(std::string_view text) {
  BlockBytes bytes;
  for (const auto& line : base::split(text, '\n')) {
    for (const auto& part : words(line)) {
      if (part.starts_with("rbytes=")) bytes.read += number_of(std::string_view(part).substr(7));
      if (part.starts_with("wbytes=")) bytes.written += number_of(std::string_view(part).substr(7));
    }
  }
  return bytes;
}

// "  eth0: 1296 16 0 0 0 0 0 0 816 10 0 …": bytes, packets and six others received, then the same sent.
std::map<std::string, NetworkUsage> parse_net_dev(std::string_view text) {
  std::map<std::string, NetworkUsage> networks;
  for (const auto& line : base::split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name(base::trim(std::string_view(line).substr(0, colon)));
    const auto numbers = words(std::string_view(line).substr(colon + 1));
    if (name == "lo" || numbers.size() < 10) continue;
    networks[name] = {number_of(numbers[0]), number_of(numbers[1]), number_of(numbers[8]), number_of(numbers[9])};
  }
  return networks;
}

std::uint64_t parse_system_cpu_ns(std::string_view proc_stat, long ticks_a_second) {
  constexpr std::size_t kColumns = 8;  // user nice system idle iowait irq softirq steal; guest time is in user's
  for (const auto& line : base::split(proc_stat, '\n')) {
    const auto parts = words(line);
    if (parts.empty() || parts[0] != "cpu") continue;
    std::uint64_t ticks = 0;
    for (std::size_t i = 1; i < parts.size() && i <= kColumns; ++i) ticks += number_of(parts[i]);
    return ticks * (kNanoseconds / static_cast<std::uint64_t>(ticks_a_second));
  }
  return 0;
}

}  // namespace davit::runtime
