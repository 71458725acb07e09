#pragma once
// One connection: reads requests, has them answered, sends the answers. Private to src/http. It belongs to its loop's
// thread, but for the time between hand_over() and resume(), in which a worker has it.

#include <memory>
#include <optional>
#include <string>

#include "http/event_loop.h"
#include "http/request_parser.h"
#include "http/transport.h"

namespace davit::http {

// One request and its answer: what a connection needs only while there is one.
struct Turn {
  ServerRequest request;
  std::optional<RequestParser> parser;
  std::unique_ptr<Exchange> exchange;
  bool opened = false;  // the exchange was asked whether it wants the body
  std::optional<ServerResponse> answer;
  std::string head;
  std::uint64_t head_sent = 0, body_sent = 0;

  void clear();
};

class ServerConnection {
 public:
  ServerConnection(EventLoop& loop, base::fs::FileDescriptor socket, PeerAddress peer,
                   std::unique_ptr<Transport> transport);
  ~ServerConnection();

  int socket() const { return socket_.get(); }
  // The socket told something; `hung_up`: that its peer sends no more, or worse.
  void ready(bool hung_up);
  void drive();  // goes on until it must wait
  void end_if_late(EventLoop::Clock::time_point now);
  void end_if_idle();

 private:
  enum class State { kHandshake, kHead, kWorking, kBody, kSending, kLingering, kEnded };
  // What a worker or send() leaves to do.
  enum class Next { kReadBody, kSend, kFinished, kAgain, kBroken };

  // These set the state, and leave it to drive() to go on.
  void shake_hands();
  void read_head();
  void parse_head(std::string_view bytes);
  void begin();
  void refuse();  // what is no HTTP
  void send_answer();
  void resume(Next next);  // after a worker had it, or send()
  void finish_turn();
  void discard();
  void end();

  void answer(ServerResponse response);
  void make_head();
  Next send(bool in_worker);
  void hand_over();
  void work() noexcept;  // on a worker
  Next read_body();      // on a worker
  Next feed(std::string_view bytes);
  void wait(State state, std::chrono::seconds most);

  EventLoop& loop_;
  base::fs::FileDescriptor socket_;
  PeerAddress peer_;
  std::unique_ptr<Transport> transport_;
  State state_ = State::kHandshake;
  bool may_read_ = true, may_write_ = true;  // the socket did not say yet that we must wait
  bool hung_up_ = false;
  bool keep_alive_ = true;  // after this turn
  EventLoop::Clock::time_point deadline_;
  std::string unread_;  // bytes that are not parsed yet
  std::unique_ptr<Turn> turn_;
};

}  // namespace davit::http
