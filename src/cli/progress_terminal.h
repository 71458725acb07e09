#pragma once
// Progress drawn on a terminal: ProgressScreen's lines, over and over in their place.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/progress_screen.h"
#include "transfer/progress.h"

namespace davit::cli {

// Events only change the model; a thread of its own draws it, at most ten times a second, and a terminal that is
// stopped (Ctrl-S) stops nothing else. Each frame is one write. A message ends a block all of whose layers are where
// they end, and begins a new one below it, as docker does; while there is work it goes above the block. When this is
// destroyed, also by an exception, the layers stay as they are and the cursor is below them. Lines of the log go above
// the block where standard error is a terminal. One at a time in a process.
class ProgressTerminal final : public transfer::Progress {
 public:
  explicit ProgressTerminal(int fd);  // a terminal; what was printed to it by other means is flushed
  ~ProgressTerminal() override;
  ProgressTerminal(const ProgressTerminal&) = delete;
  ProgressTerminal& operator=(const ProgressTerminal&) = delete;

  void message(const std::string& line) override;
  void layer(const oci::Digest& layer, transfer::LayerStatus status, const std::string& detail) override;
  void bytes(const oci::Digest& layer, transfer::LayerStatus phase, std::uint64_t done, std::uint64_t total) override;

 private:
  void draw_until_ended();
  std::vector<std::string> current_lines(const ScreenSize& screen);
  void draw();
  void end_block();
  void print_around(const std::function<void()>& write);
  void put(const std::string& bytes);
  ScreenSize size() const;

  const int fd_;
  const bool log_is_on_terminal_;
  std::mutex drawing_;  // the painter and the terminal; taken before model_
  BlockPainter painter_;
  bool broken_ = false;  // the terminal takes nothing any more

  std::mutex model_;
  ProgressScreen screen_;
  bool changed_ = false;
  bool ended_ = false;
  std::condition_variable wake_;
  std::jthread drawer_;  // begun with the first layer
};

// Whether progress may be drawn on the descriptor: a terminal that can move its cursor.
bool can_draw(int fd);

}  // namespace davit::cli
