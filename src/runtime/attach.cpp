#include "runtime/attach.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/output.h"
#include "base/fs/tree.h"
#include "base/interrupt.h"
#include "runtime/detach_keys.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;

constexpr std::size_t kMostOutput = 8192 + 1;  // of one packet from conmon, with its stream byte
constexpr std::size_t kMostInput = 32768;      // of one packet to conmon, which cuts a longer one
constexpr std::size_t kMostTyped = 16384;      // leaves room for what the watch for detach keys held back
constexpr std::size_t kPipePiece = 4096;       // PIPE_BUF: what a pipe that polls writable takes without blocking
constexpr int kMostCells = 1000;               // of a terminal's side: conmon takes no more
constexpr std::chrono::microseconds kFirstPause(200), kLongestPause(20'000);  // between looks for the exit file

// One of our outputs: takes a piece at a time, and never more than the reader can take without blocking us.
class Output {
 public:
  Output(int fd, const char* name) : fd_(fd), name_(name) {
    struct stat status {};
    regular_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  }

  void add(std::string_view bytes) {
    if (fd_ >= 0) pending_.append(bytes);
  }
  bool pending() const { return !pending_.empty(); }
  int fd() const { return fd_; }
  void write_some() {
    const auto count = regular_ ? pending_.size() : std::min(pending_.size(), kPipePiece);
    pending_.erase(0, fs::write_some(fd_, base::as_byte_view(std::string_view(pending_).substr(0, count)), name_));
  }

 private:
  int fd_;
  const char* name_;
  bool regular_ = false;
  std::string pending_;
};

fs::FileDescriptor open_pidfd(const base::ProcessIdentity& process) {
  fs::FileDescriptor fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!process.alive()) fd.reset();  // ended, or its PID is another's by now
  return fd;
}

// The state of one relay: what is open, and what waits to be passed on.
class Relay {
 public:
  Relay(int socket, const Bundle& bundle, const Created& processes, const RelayOptions& options)
      : socket_(socket),
        bundle_(bundle),
        in_(options.streams.in),
        out_(options.streams.out, "standard output"),
        err_(options.streams.err, "standard error"),
        processes_(processes),
        signals_(options.signals),
        watch_(options.detach_keys),
        window_(options.window),
        ended_fd_(options.ended),
        conmon_(open_pidfd(processes.conmon)) {
    if (window_ >= 0) window_changes_.emplace();
    follow_window();
    if (ended_fd_ < 0) {
      init_ = open_pidfd(processes.init);
      ended_ = ContainerRuntime::exit_code(bundle).has_value();
    }
    ended_ = ended_ || !conmon_;
  }

  RelayEnd run() {
    while (!finished()) {
      const bool all_sent = input_.empty() && !out_.pending() && !err_.pending();
      if (watch_.detached() && all_sent) return RelayEnd::kDetached;
      step();
    }
    return RelayEnd::kExited;
  }

 private:
  // After the end conmon sends nothing more: what the socket holds then is the rest.
  bool finished() {
    if (out_.pending() || err_.pending()) return false;
    if (!ended_) return false;
    while (socket_open_ && receive()) {
      if (out_.pending() || err_.pending()) return false;
    }
    return true;
  }

  void step() {
    enum Slot { kSocket, kEnd, kConmon, kSignals, kWindow, kIn, kOut, kErr, kSlots };
    std::array<pollfd, kSlots> polls;
    polls.fill({-1, 0, 0});
    const bool writing = out_.pending() || err_.pending();
    if (socket_open_ && !writing) polls[kSocket] = {socket_, POLLIN, 0};
    if (socket_open_ && !input_.empty()) {
      polls[kSocket].fd = socket_;
      polls[kSocket].events |= POLLOUT;
    }
    if (!ended_) {
      polls[kEnd] = {ended_fd_ >= 0 ? ended_fd_ : init_.get(), POLLIN, 0};
      polls[kConmon] = {conmon_.get(), POLLIN, 0};
    }
    polls[kSignals] = {signals_ != nullptr ? signals_->fd() : base::interrupt_fd(), POLLIN, 0};
    if (window_changes_) polls[kWindow] = {window_changes_->fd(), POLLIN, 0};
    if (in_ >= 0 && input_.empty() && socket_open_) polls[kIn] = {in_, POLLIN, 0};
    if (out_.pending()) polls[kOut] = {out_.fd(), POLLOUT, 0};
    if (err_.pending()) polls[kErr] = {err_.fd(), POLLOUT, 0};
    const bool awaits_file = !ended_ && ended_fd_ < 0 && !init_;
    const timespec pause = {0, std::chrono::nanoseconds(look_again_).count()};
    if (::ppoll(polls.data(), polls.size(), awaits_file ? &pause : nullptr, nullptr) < 0) {
      if (errno == EINTR) return;
      base::throw_errno(errno, "poll");
    }
    if (polls[kOut].revents != 0) out_.write_some();
    if (polls[kErr].revents != 0) err_.write_some();
    if ((polls[kSocket].revents & POLLOUT) != 0) send_input();
    if ((polls[kSocket].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !writing) receive();
    if (polls[kIn].revents != 0) read_input();
    if (polls[kSignals].revents != 0) take_signals();
    if (polls[kWindow].revents != 0) {
      window_changes_->take();
      follow_window();
    }
    if (polls[kEnd].revents != 0) {
      ended_ = ended_fd_ >= 0;
      init_.reset();
    }
    if (awaits_file) look_for_exit_file();
    if (polls[kConmon].revents != 0) ended_ = true;
  }

  // conmon writes it when it has read the rest of the output: a moment after the init's end. Looked for again and
  // again, as closing an inotify descriptor can take the kernel longer than all else at a container's end.
  void look_for_exit_file() {
    ended_ = ContainerRuntime::exit_code(bundle_).has_value();
    look_again_ = std::min(2 * look_again_, kLongestPause);
  }

  // Takes one packet. False when there is none now or ever.
  bool receive() {
    std::array<char, kMostOutput> packet;
    const auto count = ::recv(socket_, packet.data(), packet.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) return true;
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
      socket_open_ = false;
      return false;
    }
    const std::string_view bytes(packet.data() + 1, static_cast<std::size_t>(count) - 1);
    (packet[0] == 3 ? err_ : out_).add(bytes);
    return true;
  }

  void read_input() {
    std::array<char, kMostInput> typed;
    const auto count = ::read(in_, typed.data(), watches_keys() ? kMostTyped : typed.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {  // an error ends the input, as its end does
      in_ = -1;
      ::shutdown(socket_, SHUT_WR);
      return;
    }
    input_ = watch_.pass({typed.data(), static_cast<std::size_t>(count)});
    if (watch_.detached()) in_ = -1;
  }
  bool watches_keys() const { return !watch_.keys().empty(); }

  void send_input() {
    const auto count = ::send(socket_, input_.data(), input_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) in_ = -1;  // the container reads no more
    input_.clear();           // a packet goes whole or not at all
  }

  void take_signals() {
    if (signals_ == nullptr) base::check_interrupted();
    if (signals_ == nullptr) return;
    for (const int number : signals_->take()) processes_.init.signal(number);
  }

  void follow_window() {
    if (window_ < 0) return;
    if (const auto size = base::window_size(window_)) resize_terminal(bundle_, *size);
  }

  int socket_;
  const Bundle& bundle_;
  int in_;
  Output out_, err_;
  const Created& processes_;
  SignalCatcher* signals_;
  DetachWatch watch_;
  int window_;
  std::optional<base::WindowChanges> window_changes_;
  int ended_fd_;
  fs::FileDescriptor init_;  // open while it runs, where the exit file tells the end
  std::chrono::microseconds look_again_ = kFirstPause;
  fs::FileDescriptor conmon_;
  bool socket_open_ = true;
  bool ended_ = false;
  std::string input_;
};

}  // namespace

void resize_terminal(const Bundle& bundle, base::WindowSize size) {
  try {
    // Opened for both, as otherwise a fifo that nobody reads would block us.
    auto fifo = fs::File::open(bundle.folder / "ctl", {.access = fs::Access::kReadWrite});
    fifo.write(base::as_byte_view("1 " + std::to_string(std::min(size.rows, kMostCells)) + " " +
                                  std::to_string(std::min(size.columns, kMostCells)) + "\n"));
  } catch (const base::Error&) {  // it has ended
  }
}

Attachment Attachment::connect(const Bundle& bundle) {
  fs::FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) base::throw_errno(errno, "socket");
  // A socket's address holds 108 bytes: the folder is named by a descriptor, whatever its path's length.
  const auto folder = fs::Directory::open(bundle.folder);
  const auto path = "/proc/self/fd/" + std::to_string(folder.fd()) + "/attach";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    base::throw_errno(errno, "connect to " + (bundle.folder / "attach").string());
  }
  return Attachment(std::move(socket));
}

RelayEnd Attachment::relay(const Bundle& bundle, const Created& processes, const RelayOptions& options) {
  return Relay(socket_.get(), bundle, processes, options).run();
}

}  // namespace davit::runtime
