#include "http/tls.h"

#include "base/error.h"
#include "http/tls_library.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

[[noreturn]] void refuse(const TlsLibrary& library, const std::filesystem::path& file, const char* what) {
  const unsigned long reason = library.peek_last_error();
  const char* words = reason == 0 ? nullptr : library.reason_error_string(reason);
  library.clear_error();
  throw Error::format(Code::kInvalidArgument, "{} is no {}: {}", file.string(), what,
                      words == nullptr ? "unreadable" : words);
}

void require(const std::filesystem::path& file) {
  base::fs::read_file(file);  // names the file and the cause where it cannot be read
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options)
    : library_(TlsLibrary::get()), context_(library_.context_new(library_.server_method())) {
  try {
    load(options);
  } catch (...) {
    library_.context_free(context_);
    throw;
  }
}

TlsContext::~TlsContext() { library_.context_free(context_); }

void TlsContext::load(const TlsOptions& options) {
  // What OpenSSL's headers have as macros.
  library_.context_ctrl(context_, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, nullptr);
  library_.context_ctrl(context_, SSL_CTRL_MODE,
                        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS,
                        nullptr);
  library_.context_ctrl(context_, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);  // tickets do
  library_.context_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                             SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  require(options.certificate);
  require(options.key);
  if (library_.context_use_certificate_chain_file(context_, options.certificate.c_str()) != 1)
    refuse(library_, options.certificate, "certificate in PEM");
  if (library_.context_use_private_key_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse(library_, options.key, "private key of that certificate in PEM");
  if (options.client_authority.empty()) return;
  require(options.client_authority);
  if (library_.context_load_verify_file(context_, options.client_authority.c_str()) != 1)
    refuse(library_, options.client_authority, "certificate in PEM");
  library_.context_set_client_ca_list(context_, library_.load_client_ca_file(options.client_authority.c_str()));
  library_.context_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace davit::http
