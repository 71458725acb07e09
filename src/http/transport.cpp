#include "http/transport.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fs/output.h"

namespace davit::http {

namespace {

constexpr std::size_t kTlsWriteBytes = 256 * 1024;

ssize_t outcome(ssize_t done) {
  if (done >= 0) return done;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Transport::kWait : Transport::kBroken;
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  ssize_t read(char* buffer, std::size_t size) override {
    ssize_t got;
    do {
      got = ::recv(socket_, buffer, size, 0);
    } while (got < 0 && errno == EINTR);
    return outcome(got);
  }
  bool may_hold_more(std::size_t got, std::size_t size) const override { return got == size; }

  ssize_t write(std::string_view first, std::string_view second, bool more) override {
    iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                      {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return outcome(::sendmsg(socket_, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0)));
  }

  ssize_t send_file(int file, std::uint64_t offset, std::size_t size) override {
    return outcome(base::fs::send_file(socket_, file, offset, size));
  }

  void shut_down() override { ::shutdown(socket_, SHUT_WR); }

 private:
  int socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(int socket, std::shared_ptr<const TlsContext> context)
      : context_(std::move(context)), ssl_(::SSL_new(context_->get())) {
    ::SSL_set_fd(ssl_, socket);
    ::SSL_set_accept_state(ssl_);
  }
  ~TlsTransport() override { ::SSL_free(ssl_); }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  ssize_t handshake() override {
    ::ERR_clear_error();
    const int done = ::SSL_do_handshake(ssl_);
    return done == 1 ? 0 : ended(done);
  }

  ssize_t read(char* buffer, std::size_t size) override {
    ::ERR_clear_error();
    std::size_t got = 0;
    const int done = ::SSL_read_ex(ssl_, buffer, size, &got);
    if (done == 1) return static_cast<ssize_t>(got);
    return ::SSL_get_error(ssl_, done) == SSL_ERROR_ZERO_RETURN ? 0 : ended(done);
  }
  bool may_hold_more(std::size_t, std::size_t) const override { return true; }

  ssize_t write(std::string_view first, std::string_view second, bool) override {
    // One record for a small answer: its head and body as one text.
    if (!first.empty() && !second.empty() && first.size() + second.size() <= 16 * 1024) {
      const std::string joined = std::string(first) + std::string(second);
      return put(joined);
    }
    return put(first.empty() ? second : first);
  }

  ssize_t send_file(int file, std::uint64_t offset, std::size_t size) override {
    thread_local std::vector<char> buffer(kTlsWriteBytes);
    const ssize_t got = ::pread(file, buffer.data(), std::min(size, buffer.size()), static_cast<off_t>(offset));
    if (got < 0) return kBroken;
    return got == 0 ? 0 : put({buffer.data(), static_cast<std::size_t>(got)});
  }

  void shut_down() override {
    ::SSL_shutdown(ssl_);
    ::shutdown(::SSL_get_fd(ssl_), SHUT_WR);
  }

  bool is_tls() const override { return true; }
  std::string client_certificate() const override {
    X509* certificate = ::SSL_get0_peer_certificate(ssl_);
    if (certificate == nullptr) return {};
    char name[256] = "";
    ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    return name;
  }

 private:
  ssize_t put(std::string_view bytes) {
    ::ERR_clear_error();
    std::size_t taken = 0;
    const int done = ::SSL_write_ex(ssl_, bytes.data(), bytes.size(), &taken);
    return done == 1 ? static_cast<ssize_t>(taken) : ended(done);
  }

  ssize_t ended(int done) {
    const int why = ::SSL_get_error(ssl_, done);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? kWait : kBroken;
  }

  std::shared_ptr<const TlsContext> context_;
  SSL* ssl_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(int socket) { return std::make_unique<PlainTransport>(socket); }

std::unique_ptr<Transport> tls_transport(int socket, std::shared_ptr<const TlsContext> context) {
  return std::make_unique<TlsTransport>(socket, std::move(context));
}

}  // namespace davit::http
