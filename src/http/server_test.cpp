#include "http/server.h"

#include <future>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fs/paths.h"
#include "http/listener.h"

namespace davit::http {
namespace {

// Answers by path; counts what it was told.
class Pages final : public Handler {
 public:
  Reply begin(const ServerRequest& request) override {
    if (request.path() == "/inline") return ServerResponse(200).body("hello");
    if (request.path() == "/work") return work([] { return ServerResponse(200).body("worked"); });
    if (request.path() == "/throws")
      return work([]() -> ServerResponse { throw base::Error(base::Code::kIo, "no disk"); });
    if (request.path() == "/echo") {
      return collect(
          1 << 20, [] { return ServerResponse(413); },
          [](std::string body) { return ServerResponse(200).body(std::move(body)); });
    }
    if (request.path() == "/file") {
      return work([this] {
        ServerResponse response;
        response.body(FileBody{file, 2, file->size() - 2});
        return response;
      });
    }
    if (request.path() == "/held") {
      holds.set_value();
      released.get_future().wait();
      return ServerResponse(200).body("held");
    }
    if (request.path() == "/refused") return std::make_unique<Refusing>();
    return ServerResponse(404);
  }
  ServerResponse failed(const ServerRequest&, int status, std::exception_ptr error) override {
    try {
      std::rethrow_exception(error);
    } catch (const base::Error& known) {
      return ServerResponse(status).body(known.message());
    }
  }
  void finished(const ServerRequest&, const ServerResponse&, std::uint64_t) override { ++answered; }

  std::shared_ptr<base::fs::File> file;
  std::atomic<int> answered{0};
  std::promise<void> holds, released;  // "/held" keeps its loop from all else

 private:
  class Refusing final : public Exchange {
   public:
    std::optional<ServerResponse> open() override { return ServerResponse(403); }
    void body(base::ByteView) override { ADD_FAILURE() << "a refused body arrived"; }
    ServerResponse finish() override { return ServerResponse(200); }
  };
};

class HttpServer : public testing::Test {
 protected:
  HttpServer() {
    auto socket = listen_on("127.0.0.1:0");
    port_ = static_cast<std::uint16_t>(std::stoi(address_of(socket.get()).substr(10)));
    server_ = std::make_unique<Server>(ServerOptions{.loops = 2, .workers = 4}, pages_);
    server_->add_listener(std::move(socket));
    server_->start();
  }

  base::fs::FileDescriptor connect() const {
    base::fs::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port_);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
    const timeval patience{10, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
  }

  static void say(const base::fs::FileDescriptor& socket, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // All that comes until the end.
  static std::string hear(const base::fs::FileDescriptor& socket) {
    std::string all;
    char buffer[65536];
    while (true) {
      const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
    }
  }

  std::string ask(std::string_view text) const {
    const auto socket = connect();
    say(socket, text);
    return hear(socket);
  }

  // The status of the first answer and whether the connection ended.
  std::string status(std::string_view text) const { return ask(text).substr(9, 3); }

  static std::string get(std::string_view path, std::string_view more = "") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, more);
  }
  static std::string last(std::string_view path) { return get(path, "Connection: close\r\n"); }

  Pages pages_;
  std::uint16_t port_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersInlineAndFromWorkers) {
  EXPECT_THAT(ask(last("/inline")), testing::HasSubstr("Content-Length: 5\r\nConnection: close\r\n\r\nhello"));
  EXPECT_THAT(ask(last("/work")), testing::EndsWith("\r\n\r\nworked"));
  EXPECT_THAT(ask(last("/throws")), testing::EndsWith("\r\n\r\nno disk"));
  EXPECT_EQ(status(last("/nowhere")), "404");
}

TEST_F(HttpServer, AnswersManyRequestsThatComeAtOnceInTheirOrder) {
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get(i % 2 == 0 ? "/inline" : "/work");
  const std::string answers = ask(requests + last("/inline"));
  std::size_t place = 0;
  for (int i = 0; i < 500; ++i) {
    place = answers.find(i % 2 == 0 ? "hello" : "worked", place);
    ASSERT_NE(place, std::string::npos) << i;
  }
}

TEST_F(HttpServer, ReadsRequestsByteByByte) {
  const auto socket = connect();
  for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: "
                                  "close\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: z\r\n\r\n")) {
    say(socket, std::string_view(&c, 1));
  }
  EXPECT_THAT(hear(socket), testing::EndsWith("\r\n\r\nabcde"));
}

TEST_F(HttpServer, TakesBodiesOfEachFraming) {
  const std::string big(1 << 20, 'x');
  const auto length = fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", big.size());
  const auto chunked = fmt::format(
      "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
      "chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
      big.size(), big);
  const std::string answers = ask(length + big + chunked);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 'x'), 2 * (1 << 20));
  EXPECT_EQ(status(fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}x",
                               big.size() + 1, big)),
            "413");
}

TEST_F(HttpServer, AsksForABodyThatWaitsAndRefusesWithoutIt) {
  const auto socket = connect();
  say(socket,
      "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  char buffer[64];
  const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
  EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(got)), "HTTP/1.1 100 Continue\r\n\r\n");
  say(socket, "ok");
  EXPECT_THAT(hear(socket), testing::EndsWith("\r\n\r\nok"));
  EXPECT_EQ(status("POST /refused HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), "403");
  EXPECT_EQ(status("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x')),
            "403");
}

TEST_F(HttpServer, SendsFilesAndTheirLengthToHead) {
  const base::fs::TemporaryDirectory folder(testing::TempDir());
  const auto path = folder.path() / "file";
  base::fs::write_file(path, "--" + std::string(20'000'000, 'f') + "end");
  pages_.file = std::make_shared<base::fs::File>(base::fs::File::open(path));
  const std::string answer = ask(last("/file"));
  EXPECT_THAT(answer.substr(0, 400), testing::HasSubstr("Content-Length: 20000003\r\n"));
  EXPECT_TRUE(answer.ends_with("ffend"));
  const std::string head = ask("HEAD /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, testing::AllOf(testing::HasSubstr("Content-Length: 20000003\r\n"), testing::EndsWith("\r\n\r\n")));
}

TEST_F(HttpServer, RefusesWhatTwoReadersCouldTakeForDifferentRequests) {
  const auto with = [](std::string_view fields) {
    return fmt::format("POST /echo HTTP/1.1\r\n{}\r\n0\r\n\r\n", fields);
  };
  for (const char* fields : {
           "Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
           "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n",
           "Host: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n",
           "Host: x\r\nContent-Length: 4, 4\r\n",
           "Host: x\r\nContent-Length: +4\r\n",
           "Host: x\r\nContent-Length: 0x4\r\n",
           "Host: x\r\nContent-Length: 99999999999999999999\r\n",
           "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
           "Host: x\r\nTransfer-Encoding: xchunked\r\n",
           "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Host: x\r\nTransfer-Encoding : chunked\r\n",
           "Host: x\r\nHost: y\r\n",
           "Content-Length: 0\r\n",
           "Host: x\r\nBad Name: 1\r\n",
           "Host: x\r\nBad\x01: 1\r\n",
           "Host: x\r\nA: b\x01\r\n",
           "Host: x\nA: b\r\n",
       }) {
    EXPECT_EQ(status(with(fields)), "400") << fields;
  }
  for (const char* line : {"GET  / HTTP/1.1", "GET /\tx HTTP/1.1", "G@T / HTTP/1.1", "GET http://x/ HTTP/1.1", "get",
                           "\x16\x03\x01\x02\x01"}) {
    EXPECT_EQ(status(fmt::format("{}\r\nHost: x\r\n\r\n", line)), "400") << line;
  }
  EXPECT_EQ(status("GET / HTTP/1.1 x\r\nHost: x\r\n\r\n"), "505");
  EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), "505");
  EXPECT_EQ(status(get("/", "X: " + std::string(40'000, 'x') + "\r\n")), "431");
  EXPECT_EQ(status("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "400");
  EXPECT_EQ(status("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"),
            "400");
  EXPECT_EQ(status("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x')),
            "400");
}

TEST_F(HttpServer, OutlivesClientsThatVanish) {
  for (int i = 0; i < 50; ++i) {
    say(connect(), "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    say(connect(), "POST /ec");
    say(connect(), get("/work"));
  }
  EXPECT_EQ(status(last("/inline")), "200");
}

TEST_F(HttpServer, DrainsWhatIsUnderWay) {
  const auto idle = connect();
  const auto busy = connect();
  say(busy, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_EQ(hear(idle), "");
  say(busy, "b");
  EXPECT_THAT(hear(busy), testing::HasSubstr("Connection: close\r\n\r\nab"));
  drain.join();
  EXPECT_EQ(server_->figures().connections, 0U);
}

// The end of listening and a client come to the loop in one round.
TEST_F(HttpServer, DrainsWhileSomebodyConnects) {
  const auto unfinished = connect(), of_the_other_loop = connect(), busy = connect();
  say(unfinished, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  say(busy, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  pages_.holds.get_future().wait();
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto late = connect();
  pages_.released.set_value();
  EXPECT_THAT(hear(busy), testing::HasSubstr("held"));
  EXPECT_EQ(hear(late), "");
  say(unfinished, "b");
  EXPECT_THAT(hear(unfinished), testing::HasSubstr("ab"));
  drain.join();
}

TEST_F(HttpServer, RefusesAtOnceWhereTheLoopThatAcceptsIsDoneFirst) {
  const auto busy = connect(), unfinished = connect();  // of the loop that accepts, and of the other
  say(unfinished, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  say(busy, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  pages_.holds.get_future().wait();
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto late = connect();
  pages_.released.set_value();
  EXPECT_EQ(hear(late), "");
  EXPECT_EQ(errno, ECONNRESET);
  say(unfinished, "b");
  drain.join();
}

}  // namespace
}  // namespace davit::http
