#pragma once
// What may stand in the place of the last word of a command line: pure, from the command table and what a store holds.
// The shells' scripts only pass words here and candidates on (docs/adr/0049).

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace davit::cli {

struct Candidate {
  std::string text;
  std::string help = {};
  auto operator<=>(const Candidate&) const = default;
};

struct Completion {
  std::vector<Candidate> candidates;  // sorted, each beginning with what was typed
  bool files = false;                 // the shell completes names of files
};

// What argument words of the command table stand for.
enum class Completes { kNothing, kFiles, kImages, kContainers, kObjects, kRegistries, kVolumes, kNetworks, kUnknown };
Completes completes(std::string_view argument_word);  // "IMAGE", "NAME|ID", "FILE|-"

// Asked only where they are needed. `root` and `config`: what the words say of them, or empty.
struct CompletionSources {
  std::function<std::vector<Candidate>(Completes kind, const std::string& root, const std::string& config,
                                       const std::string& prefix)>
      list;
};

// `words`: those after "davit", the last being the one to complete (maybe empty).
Completion complete(const std::vector<std::string>& words, const CompletionSources& sources);

}  // namespace davit::cli
