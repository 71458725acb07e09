#include "http/tls_library.h"

#include "base/dynamic_library.h"

namespace davit::http {

namespace {

TlsLibrary load() {
  const base::DynamicLibrary ssl("libssl.so.3", "libssl3"), crypto("libcrypto.so.3", "libssl3");
  TlsLibrary tls{};
  const auto find = [](const base::DynamicLibrary& library, const char* name, auto& function) {
    function = library.find(name, function);
  };
  find(ssl, "TLS_server_method", tls.server_method);
  find(ssl, "SSL_CTX_new", tls.context_new);
  find(ssl, "SSL_CTX_free", tls.context_free);
  find(ssl, "SSL_CTX_ctrl", tls.context_ctrl);
  find(ssl, "SSL_CTX_set_options", tls.context_set_options);
  find(ssl, "SSL_CTX_use_certificate_chain_file", tls.context_use_certificate_chain_file);
  find(ssl, "SSL_CTX_use_PrivateKey_file", tls.context_use_private_key_file);
  find(ssl, "SSL_CTX_load_verify_file", tls.context_load_verify_file);
  find(ssl, "SSL_CTX_set_client_CA_list", tls.context_set_client_ca_list);
  find(ssl, "SSL_load_client_CA_file", tls.load_client_ca_file);
  find(ssl, "SSL_CTX_set_verify", tls.context_set_verify);
  find(ssl, "SSL_new", tls.ssl_new);
  find(ssl, "SSL_free", tls.ssl_free);
  find(ssl, "SSL_set_fd", tls.set_fd);
  find(ssl, "SSL_set_accept_state", tls.set_accept_state);
  find(ssl, "SSL_do_handshake", tls.do_handshake);
  find(ssl, "SSL_read_ex", tls.read_ex);
  find(ssl, "SSL_write_ex", tls.write_ex);
  find(ssl, "SSL_shutdown", tls.shutdown);
  find(ssl, "SSL_get_error", tls.get_error);
  find(ssl, "SSL_get0_peer_certificate", tls.get0_peer_certificate);
  find(crypto, "X509_get_subject_name", tls.certificate_subject);
  find(crypto, "X509_NAME_get_text_by_NID", tls.name_text);
  find(crypto, "ERR_peek_last_error", tls.peek_last_error);
  find(crypto, "ERR_reason_error_string", tls.reason_error_string);
  find(crypto, "ERR_clear_error", tls.clear_error);
  return tls;
}

}  // namespace

const TlsLibrary& TlsLibrary::get() {
  static const TlsLibrary tls = load();
  return tls;
}

}  // namespace davit::http
