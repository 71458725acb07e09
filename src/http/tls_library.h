#pragma once
// OpenSSL's functions for TLS, found by dlopen when a server first needs them (docs/adr/0020): so that TLS follows the
// system's security updates, which what is linked into davit does not. Included by src/http's .cpp files only.

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace davit::http {

struct TlsLibrary {
  decltype(&::TLS_server_method) server_method;
  decltype(&::SSL_CTX_new) context_new;
  decltype(&::SSL_CTX_free) context_free;
  decltype(&::SSL_CTX_ctrl) context_ctrl;
  decltype(&::SSL_CTX_set_options) context_set_options;
  decltype(&::SSL_CTX_use_certificate_chain_file) context_use_certificate_chain_file;
  decltype(&::SSL_CTX_use_PrivateKey_file) context_use_private_key_file;
  decltype(&::SSL_CTX_load_verify_file) context_load_verify_file;
  decltype(&::SSL_CTX_set_client_CA_list) context_set_client_ca_list;
  decltype(&::SSL_load_client_CA_file) load_client_ca_file;
  decltype(&::SSL_CTX_set_verify) context_set_verify;
  decltype(&::SSL_new) ssl_new;
  decltype(&::SSL_free) ssl_free;
  decltype(&::SSL_set_fd) set_fd;
  decltype(&::SSL_set_accept_state) set_accept_state;
  decltype(&::SSL_do_handshake) do_handshake;
  decltype(&::SSL_read_ex) read_ex;
  decltype(&::SSL_write_ex) write_ex;
  decltype(&::SSL_shutdown) shutdown;
  decltype(&::SSL_get_error) get_error;
  decltype(&::SSL_get0_peer_certificate) get0_peer_certificate;
  decltype(&::X509_get_subject_name) certificate_subject;
  decltype(&::X509_NAME_get_text_by_NID) name_text;
  decltype(&::ERR_peek_last_error) peek_last_error;
  decltype(&::ERR_reason_error_string) reason_error_string;
  decltype(&::ERR_clear_error) clear_error;

  // Loads the library once per process. Throws Error(kNotSupported) naming it when it is not installed.
  static const TlsLibrary& get();
};

}  // namespace davit::http
