#pragma once
// The one error mechanism. A failure is an exception of one type that carries a code (what kind, for the edge to map to
// an exit code or an HTTP status), a message (what went wrong, naming the input) and frames (what we were doing, one
// per level). Ordinary absence is std::optional, never an Error. See docs/adr/0002-errors.md.

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace davit::base {

enum class Code {
  kInvalidArgument,   // the caller's input is malformed
  kNotFound,          // what was named is not there
  kConflict,          // the state forbids it: in use, already exists, immutable
  kPermissionDenied,  // the system or a registry refuses
  kUnauthorized,      // credentials are missing or wrong
  kUnavailable,       // a peer cannot be reached or is overloaded; trying again later may help
  kTimeout,
  kCancelled,     // the user interrupted
  kCorrupt,       // bytes are not what their digest, size or format promises
  kNotSupported,  // valid, but not by this version, host or kernel
  kNoSpace,
  kIo,
  kInternal,  // a fault of davit's own
};

// The code's name in snake case, as logs show it ("not_found").
std::string_view name(Code code);

class Error : public std::exception {
 public:
  Error(Code code, std::string message);

  template <typename... Args>
  static Error format(Code code, fmt::format_string<Args...> text, Args&&... args) {
    return Error(code, fmt::format(text, std::forward<Args>(args)...));
  }

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  // Innermost first: "while fetching blob …", then "while pulling '…'".
  const std::vector<std::string>& frames() const { return frames_; }

  // Adds what the current level was doing: e.add_frame("while pulling '{}'", reference); throw;
  template <typename... Args>
  Error& add_frame(fmt::format_string<Args...> text, Args&&... args) {
    frames_.push_back(fmt::format(text, std::forward<Args>(args)...));
    return *this;
  }

  // The message alone; frames are shown by --debug.
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
  std::vector<std::string> frames_;
};

// Throws Error for an errno value in docker's (Go's) words: "WHAT: no such file or directory". WHAT says the call and
// names the path ("open /x").
[[noreturn]] void throw_errno(int error_number, std::string_view what);

// The code that throw_errno would use: ENOENT -> kNotFound, EEXIST -> kConflict, EACCES/EPERM -> kPermissionDenied,
// ENOSPC/EDQUOT -> kNoSpace, EOPNOTSUPP/ENOSYS -> kNotSupported, all else kIo.
Code code_of_errno(int error_number);

}  // namespace davit::base
