#include "http/request_parser.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/strings.h"

namespace davit::http {

namespace beast = boost::beast;
using beast::string_view;
using Errors = beast::http::error;

namespace {

constexpr std::size_t kMostChunkHeader = 4096;  // extensions of a chunk nobody needs
constexpr std::size_t kMostTarget = 16 * 1024;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace

class RequestParser::Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(ServerRequest& request, std::size_t header_bytes) : request_(request) {
    header_limit(static_cast<std::uint32_t>(header_bytes));
    body_limit(boost::none);
  }

  const Body* body = nullptr;
  bool folded = false;

 private:
  using Code = beast::error_code;

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, Code& error) override {
    request_.method.assign(method.data(), method.size());
    request_.version = version;
    if (target.size() > kMostTarget) error = Errors::header_limit;
    request_.set_target(view(target));
  }
  void on_response_impl(int, string_view, int, Code&) override {}
  void on_field_impl(beast::http::field, string_view name, string_view value, Code&) override {
    if (!in_body_) request_.add_header(view(name), view(value));  // trailers mean nothing to us
  }
  void on_header_impl(Code&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(string_view bytes, Code&) override {
    (*body)(view(bytes));
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, Code&) override {
    if (!bytes.empty()) (*body)(view(bytes));
    return bytes.size();
  }
  void on_finish_impl(Code&) override {}

  ServerRequest& request_;
  bool in_body_ = false;
};

RequestParser::RequestParser(ServerRequest& request, Limits limits)
    : request_(request), parser_(std::make_unique<Parser>(request, limits.header_bytes)) {}

RequestParser::~RequestParser() = default;

bool RequestParser::done() const { return parser_->is_done(); }

RequestParser::Used RequestParser::fail(int status, std::string problem, std::size_t used) {
  status_ = status;
  problem_ = std::move(problem);
  return {Progress::kFailed, used};
}

// What two readers could take for different requests, or what no client sends.
std::string RequestParser::check_header() const {
  const ServerRequest& request = request_;
  if (!is_token(request.method)) return "the method is no token";
  if (request.target().empty() || (request.target()[0] != '/' && request.target() != "*"))
    return "the target must begin with '/'";
  if (request.version == 11 && request.count_header("host") != 1) return "there must be one Host field";
  if (request.count_header("host") > 1) return "there must be one Host field";
  if (request.header("content-length").find(',') != std::string_view::npos ||
      request.count_header("content-length") > 1)
    return "there are several lengths";
  if (request.count_header("transfer-encoding") > 0) {
    if (request.count_header("content-length") > 0) return "there are both Content-Length and Transfer-Encoding";
    if (request.version == 10) return "HTTP/1.0 has no Transfer-Encoding";
    if (request.count_header("transfer-encoding") > 1 ||
        !equal_ignoring_case(request.header("transfer-encoding"), "chunked"))
      return "the only Transfer-Encoding is chunked";
  }
  return {};
}

RequestParser::Used RequestParser::put(std::string_view bytes, const Body& body) {
  parser_->body = &body;
  std::size_t used = 0;
  // Empty lines before a request are passed over (RFC 9112, 2.2).
  if (!header_told_ && !parser_->got_some()) {
    while (bytes.size() - used >= 2 && bytes[used] == '\r' && bytes[used + 1] == '\n') used += 2;
  }
  while (true) {
    if (parser_->is_done()) return {Progress::kDone, used};
    const std::string_view rest = bytes.substr(used);
    if (rest.empty()) return {Progress::kMore, used};
    beast::error_code error;
    const std::size_t step = parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += step;
    if (error == Errors::need_more) {
      if (header_told_ && rest.size() - step > kMostChunkHeader) return fail(400, "a chunk's header is too long", used);
      if (parser_->is_header_done() && !header_told_) break;
      return {Progress::kMore, used};
    }
    if (error == Errors::header_limit) return fail(431, "the header is too large", used);
    if (error == Errors::bad_version) return fail(505, "only HTTP/1.0 and HTTP/1.1 are spoken here", used);
    if (error) return fail(400, error.message(), used);
    if (parser_->is_header_done() && !header_told_) break;
  }
  header_told_ = true;
  if (std::string problem = check_header(); !problem.empty()) return fail(400, std::move(problem), used);
  request_.keep_alive = parser_->keep_alive();
  request_.chunked = parser_->chunked();
  if (const auto length = parser_->content_length()) request_.content_length = *length;
  return {Progress::kHeader, used};
}

}  // namespace davit::http
