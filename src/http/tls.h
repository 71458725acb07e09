#pragma once
// The server's certificates. Private to src/http.

#include <memory>

#include "http/server.h"

struct ssl_ctx_st;

namespace davit::http {

// What a listener shows and asks for; never changed after it was made, so that connections keep theirs.
class TlsContext {
 public:
  // Throws Error(kInvalidArgument) naming the file.
  explicit TlsContext(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }

 private:
  void load(const TlsOptions& options);
  ssl_ctx_st* context_;
};

}  // namespace davit::http
