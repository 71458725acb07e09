#include "registry/access_log.h"

#include <ctime>

#include <boost/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"

namespace davit::registry {

namespace {

namespace fs = base::fs;

constexpr std::size_t kWrittenAt = 64 * 1024;

double milliseconds(const http::ServerRequest& request) {
  const auto took = std::chrono::steady_clock::now() - request.began;
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()) / 1000;
}

// NCSA's common log format. What a client sent is shown as text that cannot be taken for another line or field.
std::string common_line(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char when[40];
  std::strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &parts);
  std::string target = base::printable(request.target(), 2000);
  for (char& c : target) c = c == '"' ? '\'' : c;
  return fmt::format("{} - - [{}] \"{} {} HTTP/1.{}\" {} {}\n", request.peer.text, when,
                     base::printable(request.method), target, request.version - 10, response.status(), sent);
}

std::string json_line(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) {
  boost::json::object line{{"time", base::to_rfc3339(base::now())},
                           {"peer", request.peer.text},
                           {"method", base::printable(request.method)},
                           {"target", base::printable(request.target(), 2000)},
                           {"status", response.status()},
                           {"bytes", sent},
                           {"ms", milliseconds(request)}};
  const auto add = [&](const char* name, std::string_view field) {
    if (!field.empty()) line[name] = base::printable(field);
  };
  add("user_agent", request.header("user-agent"));
  add("request_id", response.field("x-request-id"));
  add("traceparent", request.header("traceparent"));
  return boost::json::serialize(line) + "\n";
}

}  // namespace

AccessLog::AccessLog(AccessLogStyle style, const std::filesystem::path& file) : style_(style) {
  if (style == AccessLogStyle::kOff) return;
  file_ = file.empty()
              ? fs::File::adopt(fs::FileDescriptor(::dup(STDOUT_FILENO)), "standard output")
              : fs::File::open(file, {.access = fs::Access::kWrite, .create = fs::Create::kIfMissing, .append = true});
}

AccessLog::~AccessLog() { flush(); }

std::string AccessLog::line(const http::ServerRequest& request, const http::ServerResponse& response,
                            std::uint64_t sent) const {
  return style_ == AccessLogStyle::kJson ? json_line(request, response, sent) : common_line(request, response, sent);
}

void AccessLog::write(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) {
  if (style_ == AccessLogStyle::kOff) return;
  const std::string text = line(request, response, sent);
  bool full;
  {
    const std::lock_guard lock(mutex_);
    lines_ += text;
    full = lines_.size() >= kWrittenAt;
  }
  if (full) flush();
}

void AccessLog::flush() {
  if (!file_) return;
  const std::lock_guard lock(mutex_);
  try {
    if (!lines_.empty()) file_->write(base::as_byte_view(lines_));
  } catch (const base::Error& error) {
    base::log::warn("access log: {}", error.message());
  }
  lines_.clear();
}

}  // namespace davit::registry
