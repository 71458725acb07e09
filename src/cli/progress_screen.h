#pragma once
// What a terminal shows of a transfer: a line per layer as docker draws it, and below them a total with bytes, speed
// and time left. Pure values: events and the time go in, lines of text come out. Not safe for use by two threads at
// once.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "transfer/progress.h"

namespace davit::cli {

using ProgressTime = std::chrono::steady_clock::time_point;

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// Bytes per second over the last few seconds.
class SpeedMeter {
 public:
  void add(std::uint64_t bytes, ProgressTime now);
  double speed(ProgressTime now) const;  // 0 before there is enough to tell

 private:
  struct Sample {
    ProgressTime time;
    std::uint64_t bytes;
  };
  std::deque<Sample> samples_;
  std::uint64_t bytes_ = 0;
  ProgressTime last_;  // when some came
};

std::string time_left(double seconds);  // "12s", "3m20s", "1h5m", "2d3h"

class ProgressScreen {
 public:
  // As transfer::Progress has them; `name` is what the layer's line begins with.
  void layer(const std::string& name, transfer::LayerStatus status, const std::string& detail);
  void bytes(const std::string& name, transfer::LayerStatus phase, std::uint64_t done, std::uint64_t total,
             ProgressTime now);

  bool empty() const { return layers_.empty(); }
  bool settled() const;  // each layer is where it ends: nothing more is to come of those that are known

  // What to show while there is work: all layers and the total where they fit (a row is left for the cursor); else the
  // layers that are being worked on, a count of the others, and the total. No line is wider than the screen.
  std::vector<std::string> lines(const ScreenSize& size, ProgressTime now) const;
  // What stays: each layer, however many there are.
  std::vector<std::string> final_lines(std::size_t columns) const;
  void clear();

 private:
  struct Layer {
    std::string name;
    transfer::LayerStatus status = transfer::LayerStatus::kWaiting;
    std::string detail;
    bool has_bar = false;
    std::uint64_t done = 0, total = 0;  // of the phase that the bar shows
    bool moving = false;                // a first count has come
    std::uint64_t moved = 0, size = 0;  // of the transfer
    std::uint64_t changed = 0;          // the number of its last event
  };

  Layer& at(const std::string& name);
  static bool is_settled(const Layer& layer);
  static bool is_active(const Layer& layer);
  static std::string line(const Layer& layer, std::size_t columns);
  std::string total_line(std::size_t columns, ProgressTime now) const;
  std::string count_line(const std::vector<bool>& shown, std::size_t columns) const;
  std::vector<bool> choose(std::size_t slots) const;

  std::vector<Layer> layers_;  // in the order in which they were named
  std::unordered_map<std::string, std::size_t> by_name_;
  std::uint64_t events_ = 0;
  SpeedMeter meter_;
};

// Draws blocks of lines one over the other, as the bytes to write to the terminal: one string per frame. Before and
// after each the cursor is at the beginning of the row below the block, so that whatever ends the program leaves a sane
// terminal.
class BlockPainter {
 public:
  // Puts `lines` in the place of the block that is drawn, and `above` (whole lines of any width) before it.
  std::string paint(const std::vector<std::string>& lines, std::size_t columns, const std::string& above = {});
  std::string erase(std::size_t columns) { return paint({}, columns); }
  // What is drawn stays; the next block begins below it.
  void leave() { drawn_.clear(); }
  bool shows(const std::vector<std::string>& lines, std::size_t columns) const {
    return columns == columns_ && lines == drawn_;
  }

 private:
  std::size_t rows_at(std::size_t columns) const;

  std::vector<std::string> drawn_;
  std::size_t columns_ = 0;
};

}  // namespace davit::cli
