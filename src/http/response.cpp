#include "http/response.h"

#include <algorithm>
#include <utility>

#include "http/request.h"

namespace davit::http {

ServerResponse& ServerResponse::add(std::string_view name, std::string_view value) & {
  fields_ += name;
  fields_ += ": ";
  for (const char c : value) fields_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  fields_ += "\r\n";
  return *this;
}

ServerResponse& ServerResponse::body(std::string text) & {
  body_ = std::move(text);
  return *this;
}

std::uint64_t ServerResponse::length() const {
  if (told_) return *told_;
  if (const FileBody* part = file()) return part->size;
  return memory().size();
}

std::string_view ServerResponse::memory() const {
  if (const auto* text = std::get_if<std::string>(&body_)) return *text;
  if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body_)) return **shared;
  return {};
}

std::string_view ServerResponse::field(std::string_view name) const {
  std::string_view rest = fields_;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(':');
    if (equal_ignoring_case(line.substr(0, colon), name)) return line.substr(colon + 2);
  }
  return {};
}

std::string_view reason(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
  };
  const auto* found =
      std::find_if(std::begin(kReasons), std::end(kReasons), [&](const auto& row) { return row.first == status; });
  return found == std::end(kReasons) ? "Unknown" : found->second;
}

}  // namespace davit::http
