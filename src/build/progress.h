#pragma once
// What a build tells while it works; cli draws it. Called from several threads at once: what draws it takes its own
// lock.

#include <string>
#include <string_view>

namespace davit::build {

class BuildProgress {
 public:
  virtual ~BuildProgress() = default;
  // A step begins: "[build 2/5] RUN make". Returns its number, for what follows.
  virtual int begin(const std::string& name) = 0;
  virtual void output(int step, std::string_view bytes) = 0;  // what its program prints, as it comes
  virtual void note(int step, const std::string& line) = 0;   // a line of davit's own on it
  enum class End { kDone, kCached };
  virtual void end(int step, End how) = 0;
  virtual void failed(int step, const std::string& why) = 0;
  virtual void warn(const std::string& text) = 0;  // of no step
};

}  // namespace davit::build
