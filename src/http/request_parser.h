#pragma once
// Bytes to a ServerRequest and its body. Private to src/http. Beast's parser does the grammar (RFC 9112), with what it
// lets pass of request smuggling refused here: docs/adr/0090-own-event-loop.md.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "http/request.h"

namespace davit::http {

class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes;
  };
  enum class Progress {
    kMore,    // what was not used is to be given again, with more behind it
    kHeader,  // the request is filled; the body comes with the next calls
    kDone,    // all of the request was used
    kFailed,  // it is no HTTP: status() says what to answer
  };
  struct Used {
    Progress progress;
    std::size_t bytes;
  };
  using Body = std::function<void(std::string_view)>;

  // The request outlives the parser.
  RequestParser(ServerRequest& request, Limits limits);
  ~RequestParser();

  // Uses bytes up to the end of the header, or of the request. What `body` throws passes through.
  Used put(std::string_view bytes, const Body& body);
  bool done() const;
  int status() const { return status_; }
  const std::string& problem() const { return problem_; }

 private:
  class Parser;
  Used fail(int status, std::string problem, std::size_t used);
  std::string check_header() const;

  ServerRequest& request_;
  std::unique_ptr<Parser> parser_;
  bool header_told_ = false;
  int status_ = 400;
  std::string problem_;
};

}  // namespace davit::http
