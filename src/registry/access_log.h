#pragma once
// One line for each request.

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/fs/file.h"
#include "http/request.h"
#include "http/response.h"
#include "registry/settings.h"

namespace davit::registry {

// Lines are kept for a moment and written together. Safe for use by several threads.
class AccessLog {
 public:
  // An empty file: standard output. Throws Error when the file cannot be opened.
  AccessLog(AccessLogStyle style, const std::filesystem::path& file);
  ~AccessLog();  // flushes

  void write(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent);
  void flush();

 private:
  std::string line(const http::ServerRequest& request, const http::ServerResponse& response, std::uint64_t sent) const;

  const AccessLogStyle style_;
  std::optional<base::fs::File> file_;
  std::mutex mutex_;
  std::string lines_;  // guarded by mutex_
};

}  // namespace davit::registry
