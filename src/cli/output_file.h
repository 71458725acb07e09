#pragma once
// The place of an archive that a command writes: -o FILE, or standard output.

#include <optional>
#include <string>

#include "base/fs/replacement.h"

namespace davit::cli {

class OutputFile {
 public:
  // Docker's client looks at the place before it asks its daemon for anything. Throws ClientError in its words, which
  // `failure` begins ("failed to save image"), for a place that no file can be at, and for standard output (an empty
  // path) that is a terminal.
  OutputFile(std::string path, const std::string& failure);

  // Begins to write. The sink is this object's. What goes wrong with it is the client's error.
  base::Sink& open();
  // All is written: a file gets its name.
  void commit();

 private:
  // The user's file or pipe.
  class Sink final : public base::Sink {
   public:
    explicit Sink(base::fs::File& file) : file_(file) {}
    void write(base::ByteView bytes) override;

   private:
    base::fs::File& file_;
  };

  std::string path_;
  std::optional<base::fs::Replacement> replacement_;
  std::optional<base::fs::File> standard_output_;
  std::optional<Sink> sink_;
};

}  // namespace davit::cli
