#include "runtime/attach.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs/tree.h"

namespace davit::runtime {

namespace {

namespace fs = base::fs;
using base::Code;
using base::Error;

constexpr std::array kForwarded = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT};
constexpr std::size_t kMostOutput = 8192 + 1;  // of one packet from conmon, with its stream byte
constexpr std::size_t kMostInput = 32768;      // of one packet to conmon
constexpr std::size_t kPipePiece = 4096;       // PIPE_BUF: what a pipe that polls writable takes without blocking

// One of our outputs: takes a piece at a time, and never more than the reader can take without blocking us.
class Output {
 public:
  Output(int fd, const char* name) {
    if (fd < 0) return;
    fs::FileDescriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) base::throw_errno(errno, name);
    struct stat status {};
    regular_ = ::fstat(copy.get(), &status) == 0 && S_ISREG(status.st_mode);
    file_.emplace(fs::File::adopt(std::move(copy), name));
  }

  void add(std::string_view bytes) {
    if (file_) pending_.append(bytes);
  }
  bool pending() const { return !pending_.empty(); }
  int fd() const { return file_->fd(); }
  void write_some() {
    const auto count = regular_ ? pending_.size() : std::min(pending_.size(), kPipePiece);
    file_->write(base::as_byte_view(std::string_view(pending_).substr(0, count)));
    pending_.erase(0, count);
  }

 private:
  std::optional<fs::File> file_;
  bool regular_ = false;
  std::string pending_;
};

fs::FileDescriptor open_pidfd(const base::ProcessIdentity& process) {
  fs::FileDescriptor fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!process.alive()) fd.reset();  // ended, or its PID is another's by now
  return fd;
}

// Tells when conmon has moved the exit file to its name.
fs::FileDescriptor watch(const std::filesystem::path& folder) {
  fs::FileDescriptor fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd || ::inotify_add_watch(fd.get(), folder.c_str(), IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE) < 0) {
    base::throw_errno(errno, "watch " + folder.string());
  }
  return fd;
}

// The state of one relay: what is open, and what waits to be passed on.
class Relay {
 public:
  Relay(int socket, const Bundle& bundle, const Streams& streams, const Created& processes, SignalCatcher* signals)
      : socket_(socket),
        bundle_(bundle),
        in_(streams.in),
        out_(streams.out, "standard output"),
        err_(streams.err, "standard error"),
        processes_(processes),
        signals_(signals),
        exit_watch_(watch(bundle.folder / "exit")),
        conmon_(open_pidfd(processes.conmon)) {
    ended_ = ContainerRuntime::exit_code(bundle).has_value() || !conmon_;
  }

  void run() {
    while (!finished()) step();
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
    enum Slot { kSocket, kExit, kConmon, kSignals, kIn, kOut, kErr, kSlots };
    std::array<pollfd, kSlots> polls;
    polls.fill({-1, 0, 0});
    const bool writing = out_.pending() || err_.pending();
    if (socket_open_ && !writing) polls[kSocket] = {socket_, POLLIN, 0};
    if (socket_open_ && !input_.empty()) {
      polls[kSocket].fd = socket_;
      polls[kSocket].events |= POLLOUT;
    }
    if (!ended_) {
      polls[kExit] = {exit_watch_.get(), POLLIN, 0};
      polls[kConmon] = {conmon_.get(), POLLIN, 0};
    }
    if (signals_ != nullptr) polls[kSignals] = {signals_->fd(), POLLIN, 0};
    if (in_ >= 0 && input_.empty() && socket_open_) polls[kIn] = {in_, POLLIN, 0};
    if (out_.pending()) polls[kOut] = {out_.fd(), POLLOUT, 0};
    if (err_.pending()) polls[kErr] = {err_.fd(), POLLOUT, 0};
    if (::poll(polls.data(), polls.size(), -1) < 0) {
      if (errno == EINTR) return;
      base::throw_errno(errno, "poll");
    }
    if (polls[kOut].revents != 0) out_.write_some();
    if (polls[kErr].revents != 0) err_.write_some();
    if ((polls[kSocket].revents & POLLOUT) != 0) send_input();
    if ((polls[kSocket].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !writing) receive();
    if (polls[kIn].revents != 0) read_input();
    if (polls[kSignals].revents != 0) forward_signals();
    if (polls[kExit].revents != 0) {
      std::array<char, 4096> events;
      while (::read(exit_watch_.get(), events.data(), events.size()) > 0) {
      }
      ended_ = ContainerRuntime::exit_code(bundle_).has_value();
    }
    if (polls[kConmon].revents != 0) ended_ = true;
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
    input_.resize(kMostInput);
    const auto count = ::read(in_, input_.data(), input_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
      input_.clear();
      return;
    }
    input_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count <= 0) {  // an error ends the input, as its end does
      in_ = -1;
      ::shutdown(socket_, SHUT_WR);
    }
  }

  void send_input() {
    const auto count = ::send(socket_, input_.data(), input_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) in_ = -1;  // the container reads no more
    input_.clear();           // a packet goes whole or not at all
  }

  void forward_signals() {
    for (const int number : signals_->take()) processes_.init.signal(number);
  }

  int socket_;
  const Bundle& bundle_;
  int in_;
  Output out_, err_;
  const Created& processes_;
  SignalCatcher* signals_;
  fs::FileDescriptor exit_watch_;
  fs::FileDescriptor conmon_;
  bool socket_open_ = true;
  bool ended_ = false;
  std::string input_;
};

}  // namespace

SignalCatcher::SignalCatcher() {
  sigset_t set, before;
  sigemptyset(&set);
  for (const int number : kForwarded) sigaddset(&set, number);
  fd_ = fs::FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) base::throw_errno(errno, "signalfd");
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  for (const int number : kForwarded) {
    if (sigismember(&before, number) == 0) previously_unblocked_.push_back(number);
  }
}

SignalCatcher::~SignalCatcher() {
  take();  // those that came after the end were the container's; unblocked, they would end us
  sigset_t set;
  sigemptyset(&set);
  for (const int number : previously_unblocked_) sigaddset(&set, number);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

std::vector<int> SignalCatcher::take() {
  std::vector<int> numbers;
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    numbers.push_back(static_cast<int>(info.ssi_signo));
  }
  return numbers;
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

void Attachment::relay(const Bundle& bundle, const Streams& streams, const Created& processes, SignalCatcher* signals) {
  Relay(socket_.get(), bundle, streams, processes, signals).run();
}

}  // namespace davit::runtime
