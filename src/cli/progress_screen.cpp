#include "cli/progress_screen.h"

#include <algorithm>
#include <numeric>

#include <fmt/core.h>

#include "cli/progress_lines.h"
#include "text/size.h"

namespace davit::cli {

namespace {

using transfer::LayerStatus;
using namespace std::chrono_literals;

constexpr auto kSpeedWindow = 5s;  // long enough to be steady, short enough to follow
constexpr auto kSampleEvery = 100ms;
constexpr auto kLeastTime = 500ms;

// Docker's bar; a narrower screen gets a shorter one, down to where it tells nothing.
constexpr std::size_t kWidestBar = 53;
constexpr std::size_t kNarrowestBar = 10;

// Names are digests and repositories, so lines are ASCII: a column is a byte.
std::string cut(std::string line, std::size_t columns) {
  if (line.size() > columns) line.resize(columns);
  return line;
}

// "[=====>      ]" of `width` columns. Docker's has room for 50 "=", of which a percentage of 100 fills all.
std::string bar(std::uint64_t done, std::uint64_t total, std::size_t width) {
  const std::size_t inside = width - 3;
  const double part = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(inside));
  return "[" + std::string(filled, '=') + ">" + std::string(inside - filled, ' ') + "]";
}

// "  12.3MB/45.6MB"; as docker, no total that is passed already.
std::string numbers(std::uint64_t done, std::uint64_t total) {
  if (total == 0 || done > total) return fmt::format("{:>8}", text::human_size(done));
  return fmt::format("{:>8}/{}", text::human_size(done), text::human_size(total));
}

}  // namespace

void SpeedMeter::add(std::uint64_t bytes, ProgressTime now) {
  bytes_ += bytes;
  if (bytes > 0) last_ = now;
  if (!samples_.empty() && now - samples_.back().time < kSampleEvery) return;
  samples_.push_back({now, bytes_});
  // The newest that is out of the window stays: it says how much there was when the window began.
  while (samples_.size() > 1 && now - samples_[1].time >= kSpeedWindow) samples_.pop_front();
}

double SpeedMeter::speed(ProgressTime now) const {
  if (samples_.empty() || now - last_ >= kSpeedWindow) return 0;
  auto from = samples_.begin();
  while (std::next(from) != samples_.end() && now - std::next(from)->time >= kSpeedWindow) ++from;
  const auto passed = now - from->time;
  if (passed < kLeastTime) return 0;
  // What has come since a sample that is older than the window has come within the window: the next sample says so.
  const double seconds = std::chrono::duration<double>(std::min<ProgressTime::duration>(passed, kSpeedWindow)).count();
  return static_cast<double>(bytes_ - from->bytes) / seconds;
}

std::string time_left(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(1.0, seconds + 0.5));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h{}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d{}h", whole / 86400, whole % 86400 / 3600);
}

ProgressScreen::Layer& ProgressScreen::at(const std::string& name) {
  const auto [found, is_new] = by_name_.emplace(name, layers_.size());
  if (is_new) layers_.push_back({.name = name});
  Layer& layer = layers_[found->second];
  layer.changed = ++events_;
  return layer;
}

void ProgressScreen::layer(const std::string& name, LayerStatus status, const std::string& detail) {
  Layer& layer = at(name);
  layer.status = status;
  layer.detail = detail;
  layer.has_bar = false;
  if (!ends_layer(status)) return;
  // What was there already is no part of the total.
  if (!layer.moving) layer.size = 0;
  layer.moved = layer.size;
}

void ProgressScreen::bytes(const std::string& name, LayerStatus phase, std::uint64_t done, std::uint64_t total,
                           ProgressTime now) {
  Layer& layer = at(name);
  layer.status = phase;
  if (phase == LayerStatus::kWaiting) {
    layer.size = total;
    return;
  }
  layer.has_bar = true;
  layer.done = done;
  layer.total = total;
  if (phase == LayerStatus::kExtracting) {  // all of it has come
    layer.moving = true;
    layer.moved = layer.size;
    return;
  }
  // What an earlier try left was not moved now.
  meter_.add(layer.moving && done > layer.moved ? done - layer.moved : 0, now);
  layer.moving = true;
  layer.moved = done;
  layer.size = total;
}

bool ProgressScreen::is_settled(const Layer& layer) { return ends_layer(layer.status); }

bool ProgressScreen::is_active(const Layer& layer) {
  using enum LayerStatus;
  const bool waits = layer.status == kWaiting || layer.status == kPullingFsLayer || layer.status == kPreparing;
  return !waits && !is_settled(layer);
}

bool ProgressScreen::settled() const { return std::all_of(layers_.begin(), layers_.end(), is_settled); }

void ProgressScreen::clear() { *this = {}; }

std::string ProgressScreen::line(const Layer& layer, std::size_t columns) {
  std::string text = fmt::format("{}: {}", layer.name, status_words(layer.status, layer.detail));
  if (layer.has_bar) {
    const std::string counts = numbers(layer.done, layer.total);
    const std::size_t used = text.size() + 2 + counts.size();
    if (layer.total > 0 && columns >= used + kNarrowestBar) {
      text += " " + bar(layer.done, layer.total, std::min(kWidestBar, columns - used));
    }
    text += " " + counts;
  }
  return cut(std::move(text), columns);
}

std::string ProgressScreen::total_line(std::size_t columns, ProgressTime now) const {
  std::uint64_t moved = 0, size = 0;
  for (const Layer& layer : layers_) {
    moved += std::min(layer.moved, layer.size);
    size += layer.size;
  }
  const auto settled_layers = std::count_if(layers_.begin(), layers_.end(), is_settled);
  std::string text = fmt::format("Total: {}/{} layers", settled_layers, layers_.size());
  if (size > 0) text += "  " + text::human_size(moved) + "/" + text::human_size(size);
  if (moved < size) {
    const double speed = meter_.speed(now);
    if (speed >= 1) {
      text += fmt::format("  {}/s  {} left", text::human_size(static_cast<std::uint64_t>(speed), 3),
                          time_left(static_cast<double>(size - moved) / speed));
    }
  }
  return cut(std::move(text), columns);
}

// Which layers a screen shows that has not room for all: those at work, then those that changed last.
std::vector<bool> ProgressScreen::choose(std::size_t slots) const {
  std::vector<std::size_t> order(layers_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    const bool active_a = is_active(layers_[a]), active_b = is_active(layers_[b]);
    if (active_a != active_b) return active_a;
    if (active_a) return a < b;
    return layers_[a].changed > layers_[b].changed;
  });
  std::vector<bool> shown(layers_.size(), false);
  for (std::size_t i = 0; i < std::min(slots, order.size()); ++i) shown[order[i]] = true;
  return shown;
}

std::string ProgressScreen::count_line(const std::vector<bool>& shown, std::size_t columns) const {
  std::size_t complete = 0, active = 0, waiting = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (shown[i]) continue;
    (is_settled(layers_[i]) ? complete : is_active(layers_[i]) ? active : waiting) += 1;
  }
  std::string text = fmt::format("... {} more:", complete + active + waiting);
  const char* separator = " ";
  const auto add = [&](std::size_t count, const char* what) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", separator, count, what);
    separator = ", ";
  };
  add(active, "at work");
  add(waiting, "waiting");
  add(complete, "complete");
  return cut(std::move(text), columns);
}

std::vector<std::string> ProgressScreen::lines(const ScreenSize& size, ProgressTime now) const {
  std::vector<std::string> lines;
  const std::size_t room = size.rows > 0 ? size.rows - 1 : 0;  // the cursor's row is below the block
  if (layers_.empty() || room == 0) return lines;
  const bool all_fit = layers_.size() + 1 <= room;
  const std::vector<bool> shown = choose(all_fit ? layers_.size() : room < 2 ? 0 : room - 2);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (shown[i]) lines.push_back(line(layers_[i], size.columns));
  }
  if (!all_fit && room >= 2) lines.push_back(count_line(shown, size.columns));
  lines.push_back(total_line(size.columns, now));
  return lines;
}

std::vector<std::string> ProgressScreen::final_lines(std::size_t columns) const {
  std::vector<std::string> lines;
  for (const Layer& layer : layers_) lines.push_back(line(layer, columns));
  return lines;
}

// A terminal that became narrower has wrapped what was drawn at its old width.
std::size_t BlockPainter::rows_at(std::size_t columns) const {
  std::size_t rows = 0;
  for (const std::string& line : drawn_) rows += std::max<std::size_t>(1, (line.size() + columns - 1) / columns);
  return rows;
}

std::string BlockPainter::paint(const std::vector<std::string>& lines, std::size_t columns, const std::string& above) {
  columns = std::max<std::size_t>(1, columns);
  const std::size_t old_rows = rows_at(columns);
  std::string bytes;
  if (old_rows > 0) bytes += fmt::format("\r\x1b[{}A", old_rows);
  // Rows that the terminal wrapped are erased whole: else it (tmux) joins them again when it becomes wider.
  if (!above.empty() || (old_rows > 0 && columns != columns_)) bytes += "\x1b[J";
  bytes += above;
  for (const std::string& line : lines) {
    bytes += line;
    // After a full row the cursor waits at its last column: erasing from there would take that column's letter.
    if (line.size() < columns) bytes += "\x1b[K";
    bytes += "\r\n";
  }
  if (old_rows > lines.size()) bytes += "\x1b[J";
  drawn_ = lines;
  columns_ = columns;
  return bytes;
}

}  // namespace davit::cli
