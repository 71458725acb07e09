#include "http/transfer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "base/interrupt.h"
#include "base/strings.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

constexpr std::size_t kMaxHeaderBytes = 512 * 1024;

// What OpenSSL says, in curl's words, when what answers a handshake is no TLS record or nothing at all.
bool peer_speaks_no_tls(std::string_view words) {
  for (const std::string_view sign :
       {"wrong version number", "http request", "packet length too long", "SSL_ERROR_SYSCALL", "unexpected eof",
        "record layer failure", "invalid record"}) {
    if (words.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

// The reason as Go (and so docker) puts it, where the case is a common one.
std::string certificate_words(std::string_view words, const Url& url) {
  const auto has = [words](std::string_view part) { return words.find(part) != std::string_view::npos; };
  const std::string prefix = "tls: failed to verify certificate: x509: ";
  if (has("no alternative certificate subject name") || has("does not match target host name")) {
    return prefix + "certificate is not valid for " + url.host;
  }
  if (has("issuer certificate") || has("self-signed") || has("self signed")) {
    return prefix + "certificate signed by unknown authority";
  }
  if (has("expired") || has("not yet valid")) return prefix + "certificate has expired or is not yet valid";
  return prefix + base::printable(words);
}

// What the peer said of our part in a handshake ("certificate required"); empty when it said nothing.
std::string alert_words(std::string_view words) {
  constexpr std::string_view kMark = " alert ";
  const auto at = words.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = words.substr(at + kMark.size());
  return base::printable(rest.substr(0, rest.find(',')));
}

std::string tunnel_words(long status) {
  if (status == 407) return "407 Proxy Authentication Required";
  if (status == 403) return "403 Forbidden";
  return std::to_string(status);
}

std::string paths_text(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> texts;
  for (const auto& path : paths) texts.push_back(path.string());
  return base::join(texts, ", ");
}

std::string system_words(long error_number) {
  std::string words = std::generic_category().message(static_cast<int>(error_number));
  if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return words;
}

}  // namespace

Connection::Connection(const CurlLibrary& curl) : curl_(curl), multi_(curl.multi_init()), easy_(curl.easy_init()) {
  if (multi_ == nullptr || easy_ == nullptr) throw Error(Code::kInternal, "libcurl gives no handle");
}

Connection::~Connection() {
  curl_.easy_cleanup(easy_);
  curl_.multi_cleanup(multi_);
}

CURLcode Connection::run() {
  struct Attached {
    const CurlLibrary& curl;
    CURLM* multi;
    CURL* easy;
    ~Attached() { curl.multi_remove_handle(multi, easy); }
  } attached{curl_, multi_, easy_};
  if (const CURLMcode code = curl_.multi_add_handle(multi_, easy_); code != CURLM_OK) {
    throw Error::format(Code::kInternal, "libcurl: {}", curl_.multi_strerror(code));
  }
  for (;;) {
    int running = 0;
    if (const CURLMcode code = curl_.multi_perform(multi_, &running); code != CURLM_OK) {
      throw Error::format(Code::kInternal, "libcurl: {}", curl_.multi_strerror(code));
    }
    int left = 0;
    while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    base::check_interrupted();
    curl_waitfd interrupts[2] = {};
    unsigned count = 0;
    for (const int fd : base::interrupt_fds()) {
      if (fd >= 0) interrupts[count++] = {fd, CURL_WAIT_POLLIN, 0};
    }
    curl_.multi_poll(multi_, interrupts, count, 1000, nullptr);
    base::check_interrupted();
  }
}

Transfer::Transfer(const CurlLibrary& curl, Connection& connection, const ClientOptions& options,
                   const std::string& authorities, const Request& request, const Url& url, const SinkChooser& choose)
    : curl_(curl),
      connection_(connection),
      options_(options),
      authorities_(authorities),
      request_(request),
      choose_(choose) {
  response_.url = url;
}

Transfer::~Transfer() {
  curl_.easy_reset(connection_.easy());  // it must not keep pointers to us
  curl_.slist_free_all(sent_headers_);
}

template <typename Value>
void Transfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_.easy_setopt(connection_.easy(), option, value);
  if (code != CURLE_OK) {
    throw Error::format(Code::kInternal, "libcurl refuses option {}: {}", static_cast<int>(option),
                        curl_.easy_strerror(code));
  }
}

void Transfer::prepare() {
  set(CURLOPT_ERRORBUFFER, curl_words_);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, response_.url.text().c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(options_.stall_timeout.count())));
  set(CURLOPT_BUFFERSIZE, 256L * 1024);
  set(CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
  prepare_proxy();
  prepare_tls();
  if (!options_.user_agent.empty()) set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request_.body || request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH") {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body ? request_.body_size : 0));
    set(CURLOPT_READFUNCTION, &Transfer::on_read);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set(CURLOPT_SEEKDATA, this);
  }
  if (request_.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_.slist_append(sent_headers_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    sent_headers_ = longer;
  };
  for (const auto& [name, value] : request_.headers.fields()) {
    if (value.find_first_of("\r\n") != std::string::npos) {
      throw Error::format(Code::kInvalidArgument, "header {} has a line end in it", base::printable(name));
    }
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  add("Expect:");  // registries that answer early do so anyway; those that do not cost a second
  set(CURLOPT_HTTPHEADER, sent_headers_);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
}

void Transfer::prepare_proxy() {
  proxy_ = choose_proxy(options_.proxy, response_.url);
  // Both always set: libcurl has rules of its own for the environment's variables.
  set(CURLOPT_PROXY, proxy_ ? proxy_->url.c_str() : "");
  set(CURLOPT_NOPROXY, "");
  if (!proxy_ || proxy_->username.empty()) return;
  set(CURLOPT_PROXYUSERNAME, proxy_->username.c_str());
  set(CURLOPT_PROXYPASSWORD, proxy_->password.c_str());
}

void Transfer::prepare_tls() {
  if (!authorities_.empty()) {
    curl_blob blob{const_cast<char*>(authorities_.data()), authorities_.size(), CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!options_.client_certificate.empty()) {
    set(CURLOPT_SSLCERT, options_.client_certificate.c_str());
    set(CURLOPT_SSLKEY, options_.client_key.c_str());
    set(CURLOPT_KEYPASSWD, "");  // or OpenSSL asks at the terminal, on a transfer's thread, for an encrypted key's
  }
  if (options_.skip_tls_verify) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

Response Transfer::perform() {
  prepare();
  open_body();
  const CURLcode code = connection_.run();
  if (thrown_) std::rethrow_exception(thrown_);
  // A server may refuse an upload before it has read it, and close: its answer is worth more than the broken pipe.
  const bool refused = head_done_ && response_.status >= 400 && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR);
  if (code != CURLE_OK && !cut_ && !refused) fail(code);
  if (!head_done_) {
    throw TransportError(Failure::kBroken, describe(request_.method, response_.url) + ": malformed HTTP response");
  }
  // The time that the server and the way to it and back take, without that of connecting.
  curl_off_t sent = 0, first_byte = 0;
  curl_.easy_getinfo(connection_.easy(), CURLINFO_PRETRANSFER_TIME_T, &sent);
  curl_.easy_getinfo(connection_.easy(), CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  if (first_byte > sent) response_.waited = std::chrono::microseconds(first_byte - sent);
  return std::move(response_);
}

void Transfer::open_body() {
  body_ = request_.body ? request_.body() : nullptr;
  body_left_ = request_.body ? request_.body_size : 0;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.header_line({data, size * count});
    return size * count;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return 0;
  }
}

void Transfer::header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    throw TransportError(Failure::kBroken, describe(request_.method, response_.url) + ": the header is too large");
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (head_done_) return;  // trailers
  if (line.substr(0, 5) == "HTTP/") {
    response_.headers = {};
    response_.status = 0;
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return;
    const std::string_view rest = base::trim(line.substr(space));
    std::from_chars(rest.data(), rest.data() + rest.size(), response_.status);
    response_.reason = rest.size() > 4 ? base::printable(base::trim(rest.substr(3))) : "";
    return;
  }
  if (line.empty()) {
    if (response_.status < 200) return;  // 1xx: the answer is still to come
    head_done_ = true;
    if (response_.ok() && choose_) sink_ = choose_(response_);
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  response_.headers.add(std::string(base::trim(line.substr(0, colon))),
                        std::string(base::trim(line.substr(colon + 1))));
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    return transfer.take_body(std::as_bytes(std::span(data, size * count))) ? size * count : 0;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return 0;
  }
}

bool Transfer::take_body(base::ByteView bytes) {
  if (sink_ != nullptr) {
    sink_->write(bytes);
    return true;
  }
  const std::size_t room = kKeptBodyBytes - response_.body.size();
  response_.body += base::as_text(bytes.first(std::min(room, bytes.size())));
  cut_ = bytes.size() > room;
  return !cut_;
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    if (!transfer.body_ || transfer.body_left_ == 0) return 0;
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, transfer.body_left_));
    const std::size_t got = transfer.body_->read(std::as_writable_bytes(std::span(data, most)));
    if (got == 0) {
      throw Error::format(Code::kCorrupt, "{}: the body ends {} bytes short of the {} announced",
                          describe(transfer.request_.method, transfer.response_.url), transfer.body_left_,
                          transfer.request_.body_size);
    }
    transfer.body_left_ -= got;
    return got;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  try {
    transfer.open_body();
    return CURL_SEEKFUNC_OK;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return CURL_SEEKFUNC_FAIL;
  }
}

void Transfer::fail(CURLcode code) {
  const Url& url = response_.url;
  const std::string what = describe(request_.method, url) + ": ";
  const std::string_view words = curl_words_[0] != '\0' ? curl_words_ : curl_.easy_strerror(code);
  long system_error = 0;
  curl_off_t connected_after = 0;
  curl_.easy_getinfo(connection_.easy(), CURLINFO_OS_ERRNO, &system_error);
  curl_.easy_getinfo(connection_.easy(), CURLINFO_PRETRANSFER_TIME_T, &connected_after);
  const std::string dial = proxy_
                               ? "proxyconnect tcp: dial tcp " + proxy_->url.substr(proxy_->url.find("//") + 2) + ": "
                               : "dial tcp " + url.host + ":" + std::to_string(url.port) + ": ";
  long tunnel_status = 0;
  curl_.easy_getinfo(connection_.easy(), CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
  if (proxy_ && tunnel_status >= 300) {
    throw TransportError(Failure::kProxy, fmt::format("{}the proxy {} refuses the connection: {}", what, proxy_->url,
                                                      tunnel_words(tunnel_status)));
  }
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      throw TransportError(Failure::kResolve, what + "dial tcp: lookup " + url.host + ": no such host");
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw TransportError(Failure::kResolve, what + dial + "lookup: no such host");
    case CURLE_COULDNT_CONNECT:
      throw TransportError(
          Failure::kConnect,
          what + dial + "connect: " + (system_error != 0 ? system_words(system_error) : base::printable(words)));
    case CURLE_OPERATION_TIMEDOUT:
      if (connected_after == 0) throw TransportError(Failure::kTimeout, what + dial + "i/o timeout");
      throw TransportError(Failure::kTimeout, fmt::format("{}no data from {} for {} seconds", what, url.authority(),
                                                          options_.stall_timeout.count()));
    case CURLE_SSL_CONNECT_ERROR:
      if (peer_speaks_no_tls(words)) {
        throw TransportError(Failure::kNotTls, what + "http: server gave HTTP response to HTTPS client");
      }
      if (const std::string alert = alert_words(words); !alert.empty()) {
        throw TransportError(Failure::kTls, what + "remote error: tls: " + alert);
      }
      throw TransportError(Failure::kTls, what + "tls: " + base::printable(words));
    case CURLE_PEER_FAILED_VERIFICATION:
      throw TransportError(Failure::kCertificate, what + certificate_words(words, url));
    case CURLE_SSL_CACERT_BADFILE:
      throw Error::format(Code::kInvalidArgument, "there are no certificates in {}", paths_text(options_.ca_files));
    case CURLE_SSL_CERTPROBLEM:
      throw Error::format(Code::kInvalidArgument, "cannot use the client certificate {} with the key {}: {}",
                          options_.client_certificate.string(), options_.client_key.string(), base::printable(words));
    case CURLE_PARTIAL_FILE:
      throw TransportError(Failure::kBroken, what + "unexpected EOF");
    case CURLE_GOT_NOTHING:
      throw TransportError(Failure::kBroken, what + "EOF");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      throw TransportError(Failure::kBroken, what + "malformed HTTP response");
    case CURLE_OUT_OF_MEMORY:
      throw std::bad_alloc();
    default:
      if (const std::string alert = alert_words(words); !alert.empty()) {
        throw TransportError(Failure::kTls, what + "remote error: tls: " + alert);
      }
      throw TransportError(Failure::kBroken,
                           what + (system_error != 0 ? system_words(system_error) : base::printable(words)));
  }
}

}  // namespace davit::http
