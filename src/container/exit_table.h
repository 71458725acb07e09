#pragma once
// How containers ended that were removed at their end (--rm), until somebody asks: RUN/exits.
// docs/formats/containers.md.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace davit::container {

struct Exit {
  std::string id, name;
  int exit_code = 0;
  base::Time finished;
  bool operator==(const Exit&) const = default;
};

// Safe for use by any number of processes.
class ExitTable {
 public:
  static constexpr std::size_t kMost = 200;  // beyond them the older half goes

  explicit ExitTable(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const Exit& exit) const;
  // By full ID, name (the last one of that name), or a prefix of the ID that only one has; nothing when there is none.
  std::optional<Exit> find(std::string_view text) const;
  // Idempotent.
  void forget(const std::string& id) const;

 private:
  std::optional<Exit> read(const std::string& id) const;
  std::filesystem::path folder_;
};

}  // namespace davit::container
