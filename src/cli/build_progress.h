#pragma once
// How `davit build` shows its steps: plain lines, as BuildKit's --progress=plain.

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "build/progress.h"

namespace davit::cli {

// To standard error. Of a step that fails its last lines are told once more.
class BuildLines final : public build::BuildProgress {
 public:
  explicit BuildLines(bool quiet) : quiet_(quiet) {}
  int begin(const std::string& name) override;
  void output(int step, std::string_view bytes) override;
  void note(int step, const std::string& line) override;
  void end(int step, End how) override;
  void failed(int step, const std::string& why) override;
  void warn(const std::string& text) override;

 private:
  struct Step {
    std::string name;
    std::chrono::steady_clock::time_point began;
    std::string line;  // what came since the last line end
    std::string tail;  // the last lines, for a failure
  };
  void put(int step, const std::string& text);
  void put_output(int number, Step& step);

  bool quiet_;
  std::mutex mutex_;
  int last_ = 0;
  std::map<int, Step> steps_;
};

}  // namespace davit::cli
