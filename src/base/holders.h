#pragma once
// A durable set of names in a folder, an empty file for each: who holds something beyond the life of any process.

#include <filesystem>
#include <string>
#include <vector>

namespace davit::base {

// Safe for use by any number of threads and processes. The folder is made by the first add().
class Holders {
 public:
  explicit Holders(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Durable on return. Fine when the name is there. Throws Error(kInvalidArgument) for what is no name of a holder: 1
  // to 128 printable ASCII characters, no slash, no dot or blank at the beginning, no blank at the end.
  void add(const std::string& holder);
  void remove(const std::string& holder);  // durable on return; fine when it is not there
  std::vector<std::string> list() const;   // sorted; empty when there is no folder

 private:
  std::filesystem::path folder_;
};

}  // namespace davit::base
