#include "http/server_connection.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/error.h"

namespace davit::http {

namespace {

constexpr std::size_t kBodyBuffer = 256 * 1024;
constexpr std::uint64_t kTurnBytes = 8 * 1024 * 1024;  // moved for one before others have their turn
constexpr std::chrono::seconds kLinger{10};            // for the rest of a body that nobody wanted
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Made once in a second by each thread.
const std::string& date_line() {
  thread_local std::time_t made = 0;
  thread_local std::string line;
  const std::time_t second = std::time(nullptr);
  if (second != made) {
    made = second;
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    char text[48];
    std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    line = text;
  }
  return line;
}

bool has_no_length(int status) { return status == 204 || status == 304; }

}  // namespace

void Turn::clear() {
  exchange.reset();
  parser.reset();
  request.clear();
  opened = false;
  answer.reset();
  head.clear();
  head_sent = body_sent = 0;
}

ServerConnection::ServerConnection(EventLoop& loop, base::fs::FileDescriptor socket, PeerAddress peer,
                                   std::unique_ptr<Transport> transport)
    : loop_(loop), socket_(std::move(socket)), peer_(std::move(peer)), transport_(std::move(transport)) {
  deadline_ = loop_.now() + loop_.shared().options.header_timeout;
  ++loop_.shared().figures.connections;
}

ServerConnection::~ServerConnection() { --loop_.shared().figures.connections; }

void ServerConnection::wait(State state, std::chrono::seconds most) {
  state_ = state;
  deadline_ = loop_.now() + most;
}

void ServerConnection::end() {
  state_ = State::kEnded;
  if (turn_ && turn_->answer) {
    loop_.shared().handler.finished(turn_->request, *turn_->answer, turn_->body_sent);
  }
  // What it began is put away by a worker: that may take a disk.
  if (turn_ && turn_->exchange) {
    const std::shared_ptr<Turn> unfinished = std::move(turn_);
    loop_.shared().workers.submit([unfinished] { unfinished->exchange.reset(); });
  }
  turn_.reset();
  loop_.bury(*this);
}

void ServerConnection::end_if_late(EventLoop::Clock::time_point now) {
  if (state_ != State::kWorking && state_ != State::kEnded && now >= deadline_) end();
}

void ServerConnection::end_if_idle() {
  if (state_ == State::kHead && !turn_) end();
}

void ServerConnection::ready(bool hung_up) {
  may_read_ = may_write_ = true;
  hung_up_ = hung_up_ || hung_up;
  drive();
}

void ServerConnection::drive() {
  while (true) {
    switch (state_) {
      case State::kHandshake:
        if (!may_read_) return;
        shake_hands();
        break;
      case State::kHead:
        // What came behind the request before is a request, too.
        if (!turn_ && !unread_.empty()) {
          parse_head(std::exchange(unread_, {}));
        } else if (may_read_) {
          read_head();
        } else {
          return;
        }
        break;
      case State::kBody:
        if (!may_read_) return;
        hand_over();
        return;
      case State::kSending:
        if (!may_write_) return;
        send_answer();
        break;
      case State::kLingering:
        if (!may_read_) return;
        discard();
        break;
      case State::kWorking:
      case State::kEnded:
        return;
    }
  }
}

void ServerConnection::shake_hands() {
  const ssize_t shaken = transport_->handshake();
  if (shaken == Transport::kWait) {
    may_read_ = false;
  } else if (shaken != 0) {
    end();
  } else {
    wait(State::kHead, loop_.shared().options.header_timeout);
  }
}

void ServerConnection::read_head() {
  const ssize_t got = transport_->read(loop_.scratch(), loop_.scratch_size());
  if (got == Transport::kWait) {
    may_read_ = false;
    return;
  }
  if (got <= 0) return end();
  loop_.shared().figures.bytes_in += static_cast<std::uint64_t>(got);
  const auto size = static_cast<std::size_t>(got);
  // The socket tells of bytes once, and of the end: without either a short read was the last there was.
  if (!hung_up_ && !transport_->may_hold_more(size, loop_.scratch_size())) may_read_ = false;
  const std::string_view bytes(loop_.scratch(), size);
  parse_head(unread_.empty() ? bytes : std::string_view(unread_ += bytes));
}

void ServerConnection::parse_head(std::string_view bytes) {
  if (!turn_) {
    turn_ = loop_.take_turn();
    turn_->parser.emplace(turn_->request, RequestParser::Limits{loop_.shared().options.header_bytes});
    wait(State::kHead, loop_.shared().options.header_timeout);
  }
  const auto used = turn_->parser->put(bytes, [](std::string_view) {});
  unread_ = std::string(bytes.substr(used.bytes));
  if (used.progress == RequestParser::Progress::kFailed) return refuse();
  if (used.progress == RequestParser::Progress::kHeader) begin();
}

void ServerConnection::refuse() {
  auto& request = turn_->request;
  request.method.clear();
  request.peer = peer_;
  request.began = loop_.now();
  keep_alive_ = false;
  answer(loop_.shared().handler.failed(
      request, turn_->parser->status(),
      std::make_exception_ptr(base::Error(base::Code::kInvalidArgument, turn_->parser->problem()))));
  send_answer();
}

void ServerConnection::begin() {
  auto& request = turn_->request;
  request.peer = peer_;
  request.began = loop_.now();
  request.tls = transport_->is_tls();
  request.client_certificate = transport_->client_certificate();
  keep_alive_ = request.keep_alive && !loop_.draining();
  Handler::Reply reply;
  try {
    reply = loop_.shared().handler.begin(request);
  } catch (...) {
    reply = loop_.shared().handler.failed(request, 500, std::current_exception());
  }
  if (auto* exchange = std::get_if<std::unique_ptr<Exchange>>(&reply)) {
    turn_->exchange = std::move(*exchange);
    return hand_over();
  }
  // Of a body that nobody wants only what has come already is passed over.
  if (!turn_->parser->done()) {
    const auto used = turn_->parser->put(unread_, [](std::string_view) {});
    unread_.erase(0, used.bytes);
  }
  answer(std::move(std::get<ServerResponse>(reply)));
  send_answer();
}

void ServerConnection::answer(ServerResponse response) {
  turn_->answer.emplace(std::move(response));
  loop_.shared().handler.decorate(turn_->request, *turn_->answer);
  if (turn_->answer->closes() || !turn_->parser->done() || loop_.draining()) keep_alive_ = false;
  make_head();
}

void ServerConnection::make_head() {
  const ServerResponse& response = *turn_->answer;
  std::string& head = turn_->head;
  head = "HTTP/1.1 ";
  head += std::to_string(response.status());
  head += ' ';
  head += reason(response.status());
  head += "\r\n";
  head += date_line();
  head += response.fields();
  if (response.more_fields()) head += *response.more_fields();
  if (!has_no_length(response.status())) {
    head += "Content-Length: ";
    head += std::to_string(response.length());
    head += "\r\n";
  }
  if (!keep_alive_) {
    head += "Connection: close\r\n";
  } else if (turn_->request.version == 10) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
}

void ServerConnection::send_answer() {
  if (turn_->answer->file() != nullptr) return hand_over();
  resume(send(false));
}

// A file is read by workers alone: the disk may be slow.
ServerConnection::Next ServerConnection::send(bool in_worker) {
  const ServerResponse& response = *turn_->answer;
  const bool bodiless = turn_->request.method == "HEAD" || has_no_length(response.status());
  const std::string_view memory = bodiless ? std::string_view() : response.memory();
  const FileBody* file = bodiless ? nullptr : response.file();
  auto& figures = loop_.shared().figures;
  while (turn_->head_sent < turn_->head.size() || turn_->body_sent < memory.size()) {
    const auto head = std::string_view(turn_->head).substr(turn_->head_sent);
    const ssize_t sent = transport_->write(head, memory.substr(turn_->body_sent), file != nullptr && file->size > 0);
    if (sent == Transport::kWait) return Next::kSend;
    if (sent < 0) return Next::kBroken;
    figures.bytes_out += static_cast<std::uint64_t>(sent);
    const auto of_head = std::min<std::uint64_t>(static_cast<std::uint64_t>(sent), head.size());
    turn_->head_sent += of_head;
    turn_->body_sent += static_cast<std::uint64_t>(sent) - of_head;
  }
  std::uint64_t moved = 0;
  while (file != nullptr && turn_->body_sent < file->size) {
    if (!in_worker || moved > kTurnBytes) return Next::kAgain;
    const auto rest = std::min(file->size - turn_->body_sent, kTurnBytes);
    const ssize_t sent = transport_->send_file(file->file->fd(), file->offset + turn_->body_sent, rest);
    if (sent == Transport::kWait) return Next::kSend;
    if (sent <= 0) return Next::kBroken;
    figures.bytes_out += static_cast<std::uint64_t>(sent);
    turn_->body_sent += static_cast<std::uint64_t>(sent);
    moved += static_cast<std::uint64_t>(sent);
  }
  return Next::kFinished;
}

void ServerConnection::hand_over() {
  state_ = State::kWorking;
  may_read_ = may_write_ = false;  // until the socket tells something again
  loop_.shared().workers.submit([this] { work(); });
}

void ServerConnection::work() noexcept {
  Next next = Next::kFinished;
  try {
    if (!turn_->answer) {
      if (!turn_->opened) {
        turn_->opened = true;
        if (auto refusal = turn_->exchange->open()) {
          answer(std::move(*refusal));
        } else if (!turn_->parser->done() && unread_.empty() &&
                   equal_ignoring_case(turn_->request.header("expect"), "100-continue")) {
          transport_->write(kContinue, {}, false);
        }
      }
      if (!turn_->answer) next = read_body();
      if (!turn_->answer && next == Next::kFinished) answer(turn_->exchange->finish());
    }
  } catch (...) {
    try {
      answer(loop_.shared().handler.failed(turn_->request, 500, std::current_exception()));
    } catch (...) {
      next = Next::kBroken;
    }
  }
  if (turn_->answer) next = next == Next::kBroken ? next : send(true);
  if (turn_->answer || next == Next::kBroken) turn_->exchange.reset();
  loop_.post([this, next] {
    resume(next);
    drive();
  });
}

// kFinished: all of the body was read.
ServerConnection::Next ServerConnection::read_body() {
  thread_local std::string buffer;
  buffer.resize(kBodyBuffer);
  if (!unread_.empty()) {
    if (const Next next = feed(std::exchange(unread_, {})); next != Next::kReadBody) return next;
  }
  std::uint64_t moved = 0;
  while (!turn_->parser->done()) {
    if (moved > kTurnBytes) return Next::kAgain;
    const ssize_t got = transport_->read(buffer.data(), buffer.size());
    if (got == Transport::kWait) return Next::kReadBody;
    if (got <= 0) return Next::kBroken;
    moved += static_cast<std::uint64_t>(got);
    loop_.shared().figures.bytes_in += static_cast<std::uint64_t>(got);
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    const Next next = unread_.empty() ? feed(bytes) : feed(std::exchange(unread_, {}) + std::string(bytes));
    if (next != Next::kReadBody) return next;
  }
  return Next::kFinished;
}

// kReadBody: there must be more.
ServerConnection::Next ServerConnection::feed(std::string_view bytes) {
  const auto used =
      turn_->parser->put(bytes, [this](std::string_view piece) { turn_->exchange->body(base::as_byte_view(piece)); });
  unread_.assign(bytes.substr(used.bytes));
  if (used.progress == RequestParser::Progress::kDone) return Next::kFinished;
  if (used.progress == RequestParser::Progress::kMore) return Next::kReadBody;
  answer(loop_.shared().handler.failed(
      turn_->request, turn_->parser->status(),
      std::make_exception_ptr(base::Error(base::Code::kInvalidArgument, turn_->parser->problem()))));
  return Next::kFinished;
}

void ServerConnection::resume(Next next) {
  const auto stall = loop_.shared().options.stall_timeout;
  switch (next) {
    case Next::kReadBody:
      return wait(State::kBody, stall);
    case Next::kSend:
      may_write_ = may_write_ && state_ == State::kWorking;
      return wait(State::kSending, stall);
    case Next::kAgain:
      return hand_over();
    case Next::kBroken:
      return end();
    case Next::kFinished:
      return finish_turn();
  }
}

void ServerConnection::finish_turn() {
  const bool whole = turn_->parser->done();
  if (state_ == State::kWorking) may_read_ = true;  // the worker may have left something
  loop_.shared().handler.finished(turn_->request, *turn_->answer, turn_->body_sent);
  loop_.give_back(std::move(turn_));
  if (keep_alive_ && !loop_.draining()) return wait(State::kHead, loop_.shared().options.idle_timeout);
  transport_->shut_down();
  if (whole) return end();
  // The answer would be lost, were the connection closed with bytes unread: RFC 9112, 9.6.
  may_read_ = true;
  wait(State::kLingering, kLinger);
}

void ServerConnection::discard() {
  const ssize_t got = transport_->read(loop_.scratch(), loop_.scratch_size());
  if (got == Transport::kWait) {
    may_read_ = false;
    return;
  }
  if (got <= 0 || loop_.now() >= deadline_) end();
}

}  // namespace davit::http
