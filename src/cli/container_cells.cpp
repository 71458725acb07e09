#include "cli/container_cells.h"

#include "base/strings.h"
#include "text/runes.h"
#include "text/time.h"
#include "text/width.h"

namespace davit::cli {

namespace {

constexpr std::size_t kCommandColumns = 20;

}  // namespace

std::string status_of(const container::State& state, base::Time now) {
  switch (state.status) {
    case container::Status::kRunning:
      return "Up " + text::human_duration(now - state.started.value_or(now));
    case container::Status::kPaused:
      return "Up " + text::human_duration(now - state.started.value_or(now)) + " (Paused)";
    case container::Status::kExited:
      return fmt::format("Exited ({}) {}", state.exit_code,
                         state.finished ? text::human_age(*state.finished, now) : "");
    case container::Status::kDead:
      return "Dead";
    case container::Status::kCreated:
    case container::Status::kStarting:
      return "Created";
  }
  return {};
}

std::string command_of(const container::Record& record, bool full) {
  std::vector<std::string> words = record.description.args();
  for (std::size_t i = 1; i < words.size();
       ++i) {  // as docker: quoted where it has a space, but for the program itself
    if (words[i].find(' ') != std::string::npos) words[i] = "'" + words[i] + "'";
  }
  const std::string command = base::join(words, " ");
  return text::go_quote(full ? command : text::ellipsis(command, kCommandColumns));
}

std::string image_shown(Context& context, const container::Description& description, bool full) {
  if (!description.image) return description.image_reference;
  const std::string id = full ? description.image->text() : description.image->short_hex();
  try {
    const auto tag = context.images().find_tag(oci::Reference::parse_tagged(description.image_reference));
    return tag && tag->image == *description.image ? description.image_reference : id;
  } catch (const base::Error& error) {
    // Made from an ID or a history entry; or the index cannot be opened, on a full disk.
    return error.code() == base::Code::kNoSpace || error.code() == base::Code::kIo ? description.image_reference : id;
  }
}

}  // namespace davit::cli
