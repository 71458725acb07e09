#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/error.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const char* what) {
  const unsigned long reason = ::ERR_peek_last_error();
  const char* words = reason == 0 ? nullptr : ::ERR_reason_error_string(reason);
  ::ERR_clear_error();
  throw Error::format(Code::kInvalidArgument, "{} is no {}: {}", file.string(), what,
                      words == nullptr ? "unreadable" : words);
}

void require(const std::filesystem::path& file) {
  base::fs::read_file(file);  // names the file and the cause where it cannot be read
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : context_(::SSL_CTX_new(::TLS_server_method())) {
  try {
    load(options);
  } catch (...) {
    ::SSL_CTX_free(context_);
    throw;
  }
}

TlsContext::~TlsContext() { ::SSL_CTX_free(context_); }

void TlsContext::load(const TlsOptions& options) {
  ::SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                      SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_mode(context_,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);  // tickets do
  require(options.certificate);
  require(options.key);
  if (::SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1)
    refuse(options.certificate, "certificate in PEM");
  if (::SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse(options.key, "private key of that certificate in PEM");
  if (options.client_authority.empty()) return;
  require(options.client_authority);
  if (::SSL_CTX_load_verify_file(context_, options.client_authority.c_str()) != 1)
    refuse(options.client_authority, "certificate in PEM");
  ::SSL_CTX_set_client_CA_list(context_, ::SSL_load_client_CA_file(options.client_authority.c_str()));
  ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace davit::http
