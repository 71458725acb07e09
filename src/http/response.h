#pragma once
// An answer for the server to send.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/fs/file.h"

namespace davit::http {

// A part of a file, sent by the kernel where the connection is plain.
struct FileBody {
  std::shared_ptr<const base::fs::File> file;
  std::uint64_t offset = 0, size = 0;
};

class ServerResponse {
 public:
  explicit ServerResponse(int status = 200) : status_(status) {}

  ServerResponse& add(std::string_view name, std::string_view value) &;  // control characters become spaces
  ServerResponse&& add(std::string_view name, std::string_view value) && { return std::move(add(name, value)); }
  ServerResponse& add(std::string_view name, std::uint64_t value) & { return add(name, std::to_string(value)); }
  ServerResponse&& add(std::string_view name, std::uint64_t value) && { return std::move(add(name, value)); }

  // The body. Content-Length is made of it; the answer to a HEAD has the length and not the bytes.
  ServerResponse& body(std::string text) &;
  ServerResponse&& body(std::string text) && { return std::move(body(std::move(text))); }
  void body(std::shared_ptr<const std::string> text) { body_ = std::move(text); }
  void body(FileBody file) { body_ = std::move(file); }
  // For a HEAD whose body nobody made.
  void told_length(std::uint64_t bytes) { told_ = bytes; }
  // More header fields, made before: whole lines "Name: value\r\n".
  void more_fields(std::shared_ptr<const std::string> lines) { more_ = std::move(lines); }
  // A word of the handler's own, for Handler::finished; it is not sent.
  void note(std::string word) { note_ = std::move(word); }
  void close() { close_ = true; }  // the connection, after this answer

  int status() const { return status_; }
  const std::string& fields() const { return fields_; }  // whole lines
  const std::shared_ptr<const std::string>& more_fields() const { return more_; }
  bool closes() const { return close_; }
  const std::string& note() const { return note_; }
  std::uint64_t length() const;     // what Content-Length says
  std::string_view memory() const;  // the body, where it is in memory
  const FileBody* file() const { return std::get_if<FileBody>(&body_); }
  std::string_view field(std::string_view name) const;  // of what add() was given; for logs and tests

 private:
  int status_;
  bool close_ = false;
  std::string fields_, note_;
  std::shared_ptr<const std::string> more_;
  std::variant<std::monostate, std::string, std::shared_ptr<const std::string>, FileBody> body_;
  std::optional<std::uint64_t> told_;
};

std::string_view reason(int status);  // "OK"

}  // namespace davit::http
