#include "cli/progress_terminal.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"

namespace davit::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kFrameTime = 100ms;

ProgressTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

bool can_draw(int fd) {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb" && isatty(fd) != 0;
}

ProgressTerminal::ProgressTerminal(int fd) : fd_(fd), log_is_on_terminal_(isatty(STDERR_FILENO) != 0) {
  if (log_is_on_terminal_) base::log::set_around([this](const auto& write) { print_around(write); });
}

ProgressTerminal::~ProgressTerminal() {
  if (log_is_on_terminal_) base::log::set_around({});
  {
    const std::lock_guard lock(model_);
    ended_ = true;
  }
  wake_.notify_all();
  if (drawer_.joinable()) drawer_.join();
  const std::lock_guard lock(drawing_);
  end_block();
}

void ProgressTerminal::message(const std::string& line) {
  const std::lock_guard drawing(drawing_);
  bool is_settled = false;
  {
    const std::lock_guard lock(model_);
    is_settled = screen_.settled();
  }
  if (is_settled) {
    end_block();
    put(line + "\r\n");
    return;
  }
  const ScreenSize screen = size();
  put(painter_.paint(current_lines(screen), screen.columns, line + "\r\n"));
}

void ProgressTerminal::layer(const oci::Digest& layer, transfer::LayerStatus status, const std::string& detail) {
  {
    const std::lock_guard lock(model_);
    screen_.layer(layer.short_hex(), status, detail);
    changed_ = true;
    if (!drawer_.joinable()) drawer_ = std::jthread([this] { draw_until_ended(); });
  }
  wake_.notify_one();
}

void ProgressTerminal::bytes(const oci::Digest& layer, transfer::LayerStatus phase, std::uint64_t done,
                             std::uint64_t total) {
  const std::lock_guard lock(model_);  // no wake: the drawer looks by itself while there is work
  screen_.bytes(layer.short_hex(), phase, done, total, now());
  changed_ = true;
}

void ProgressTerminal::draw_until_ended() {
  std::unique_lock lock(model_);
  while (!ended_) {
    if (screen_.settled()) {
      wake_.wait(lock, [this] { return ended_ || changed_; });
    }
    wake_.wait_for(lock, kFrameTime, [this] { return ended_; });
    if (ended_) return;
    changed_ = false;
    lock.unlock();
    draw();
    lock.lock();
  }
}

std::vector<std::string> ProgressTerminal::current_lines(const ScreenSize& screen) {
  const std::lock_guard lock(model_);
  return screen_.lines(screen, now());
}

void ProgressTerminal::draw() {
  const std::lock_guard drawing(drawing_);
  const ScreenSize screen = size();
  const std::vector<std::string> lines = current_lines(screen);
  if (!painter_.shows(lines, screen.columns)) put(painter_.paint(lines, screen.columns));
}

// Leaves each layer as it is, without the total, and begins anew below. Called under drawing_.
void ProgressTerminal::end_block() {
  const std::size_t columns = size().columns;
  std::vector<std::string> lines;
  {
    const std::lock_guard lock(model_);
    lines = screen_.final_lines(columns);
    screen_.clear();
    changed_ = false;
  }
  if (lines.empty()) return;
  put(painter_.paint(lines, columns));
  painter_.leave();
}

// Takes the block away for as long as `write` needs.
void ProgressTerminal::print_around(const std::function<void()>& write) {
  const std::lock_guard drawing(drawing_);
  put(painter_.erase(size().columns));
  write();
  const ScreenSize screen = size();
  put(painter_.paint(current_lines(screen), screen.columns));
}

// Where the terminal has gone away there is nobody to tell.
void ProgressTerminal::put(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty() && !broken_) {
    const ssize_t count = ::write(fd_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody made the terminal non-blocking
      struct pollfd ready = {.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
}

// Asked for at each frame, so that a resized terminal needs no signal.
ScreenSize ProgressTerminal::size() const {
  struct winsize window = {};
  if (ioctl(fd_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {.columns = window.ws_col, .rows = window.ws_row};
}

}  // namespace davit::cli
