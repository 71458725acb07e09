#pragma once
// The flags of `run` and `create`: one table, a row each. The parser, help, manual, completion and the test that none
// of docker's is missing are made from it, and so is what each flag does: it puts its values into what the container is
// to be, or says why it is refused.

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/arguments.h"
#include "operations/run_container.h"

namespace davit::cli {

class Context;

// What a command line of run or create says.
struct RunLine {
  operations::RunOptions options;  // the container's
  bool quiet = false;
  std::filesystem::path id_file;  // --cidfile; empty: none

  // Of run alone.
  bool detach = false;
  bool sig_proxy = true;
  std::string detach_keys;  // as typed; empty: docker's

  std::exception_ptr refused;  // what docker leaves to its daemon to refuse: check_run_line() throws it

  container::Description& asked() { return options.asked; }
};

// The values of one flag that was given.
class FlagValues {
 public:
  FlagValues(const Arguments& arguments, const Flag& flag) : arguments_(&arguments), flag_(&flag) {}

  bool flag() const { return arguments_->flag(flag_->name); }
  std::int64_t number() const { return arguments_->number(flag_->name); }
  int integer() const;  // a number that fits
  std::string text() const { return arguments_->text(flag_->name); }
  std::vector<std::string> list() const { return arguments_->list(flag_->name); }
  const Arguments& arguments() const { return *arguments_; }

  // parse(value) of the last value, or of each. What it throws is told as docker's parser tells a bad value: `invalid
  // argument "5x" for "-m, --memory" flag: invalid suffix: 'x'`.
  template <typename Parse>
  auto parsed(const Parse& parse) const {
    const std::string value = text();
    try {
      return parse(value);
    } catch (const base::Error& error) {
      mistake(value, error.message());
    }
  }
  template <typename Parse>
  auto each_parsed(const Parse& parse) const {
    std::vector<decltype(parse(std::string()))> results;
    for (const std::string& value : list()) {
      try {
        results.push_back(parse(value));
      } catch (const base::Error& error) {
        mistake(value, error.message());
      }
    }
    return results;
  }

  [[noreturn]] void mistake(const std::string& value, const std::string& reason) const;

 private:
  const Arguments* arguments_;
  const Flag* flag_;
};

struct RunFlag {
  Flag flag;
  // Called where the flag was given. Throws UsageError for a bad value, ClientError for what docker's client refuses
  // later, Error for what its daemon refuses.
  void (*put)(const FlagValues& values, RunLine& line) = nullptr;
  std::string_view refused = "";  // why davit has it not; then there is no `put`
  bool only_run = false;
};

const std::vector<RunFlag>& run_flags();  // by name

// The parser's rows.
std::vector<Flag> flags_of_run();
std::vector<Flag> flags_of_create();

// Throws what docker's parser and client refuse: UsageError before ClientError. Opens no store.
RunLine parse_run_line(Context& context, const Arguments& arguments);

// Throws ClientError for what can be no image's name, Error for what docker's daemon refuses of the flags.
void check_run_line(const RunLine& line);

}  // namespace davit::cli
