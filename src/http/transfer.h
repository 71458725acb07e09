#pragma once
// One request and its answer on one curl handle, without redirects. Included by src/http's .cpp files only.

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "http/client.h"
#include "http/curl_library.h"

namespace davit::http {

// A curl handle with the connections it keeps. Used by one thread at a time.
class Connection {
 public:
  explicit Connection(const CurlLibrary& curl);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  CURL* easy() const { return easy_; }
  // Runs the prepared handle to its end. Throws Error(kCancelled) when the user interrupts.
  CURLcode run();

 private:
  const CurlLibrary& curl_;
  CURLM* multi_;
  CURL* easy_;
};

class Transfer {
 public:
  // All outlive it. `authorities` is PEM, in addition to the system's.
  Transfer(const CurlLibrary& curl, Connection& connection, const ClientOptions& options,
           const std::string& authorities, const Request& request, const Url& url, const SinkChooser& choose);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  Response perform();

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  template <typename Value>
  void set(CURLoption option, Value value);
  void prepare();
  void prepare_proxy();
  void prepare_tls();
  void header_line(std::string_view line);
  bool take_body(base::ByteView bytes);
  void open_body();
  [[noreturn]] void fail(CURLcode code);

  const CurlLibrary& curl_;
  Connection& connection_;
  const ClientOptions& options_;
  const std::string& authorities_;
  const Request& request_;
  const SinkChooser& choose_;
  Response response_;
  std::optional<Proxy> proxy_;
  curl_slist* sent_headers_ = nullptr;
  char curl_words_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<base::Source> body_;
  std::uint64_t body_left_ = 0;
  std::size_t header_bytes_ = 0;
  bool head_done_ = false;
  bool cut_ = false;  // we ended it ourselves, having enough
  base::Sink* sink_ = nullptr;
  std::exception_ptr thrown_;
};

}  // namespace davit::http
