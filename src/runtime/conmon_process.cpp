#include "runtime/conmon_process.h"

#include <cerrno>
#include <charconv>
#include <chrono>

#include <boost/json.hpp>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strings.h"

namespace davit::runtime {

namespace fs = base::fs;

namespace {

constexpr auto kTimeout = std::chrono::minutes(2);

}  // namespace

PipeEnds make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) base::throw_errno(errno, "pipe");
  return {fs::FileDescriptor(ends[0]), fs::FileDescriptor(ends[1])};
}

void write_start_byte(const fs::FileDescriptor& pipe) {
  auto file = fs::File::adopt(fs::FileDescriptor(::fcntl(pipe.get(), F_DUPFD_CLOEXEC, 3)), "conmon's start pipe");
  file.write(base::as_byte_view(std::string_view("\0", 1)));
}

std::string read_conmon_line(int fd) {
  const auto until = std::chrono::steady_clock::now() + kTimeout;
  fs::FdSource source(fd, "conmon's answer");
  std::string line;
  while (line.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd poll{fd, POLLIN, 0};
    if (left.count() <= 0) throw base::Error(base::Code::kTimeout, "the container was not created in time");
    if (::poll(&poll, 1, static_cast<int>(left.count())) <= 0) continue;
    char byte = 0;
    if (source.read(std::as_writable_bytes(std::span(&byte, 1))) == 0) break;
    line += byte;
  }
  return line;
}

ConmonAnswer parse_conmon_answer(const std::string& line) {
  boost::json::error_code error;
  const auto value = boost::json::parse(line, error);
  if (error || !value.is_object()) return {-1, "conmon gave no answer"};
  ConmonAnswer answer;
  if (const auto* data = value.as_object().if_contains("data"); data != nullptr && data->is_int64()) {
    answer.data = static_cast<int>(data->as_int64());
  }
  if (const auto* message = value.as_object().if_contains("message"); message != nullptr && message->is_string()) {
    answer.message = message->as_string().c_str();
  }
  return answer;
}

std::optional<int> read_number(const std::filesystem::path& path) {
  const auto text = fs::read_file_if_exists(path);
  if (!text) return {};
  const auto digits = base::trim(*text);
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || digits.empty()) return {};
  return value;
}

}  // namespace davit::runtime
