#include "dockerfile/stage_graph.h"

#include <charconv>

#include "base/strings.h"
#include "dockerfile/words.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

// A whole number as Go's strconv.Atoi reads it.
std::optional<long> parse_index(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

void refuse_variables(std::string_view from) {
  std::string expanded_from;
  try {
    expanded_from = expand_word(from, Environment());
  } catch (const Error&) {
    expanded_from.clear();
  }
  if (expanded_from == from) return;
  throw Error(
      Code::kInvalidArgument,
      "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope "
      "as a workaround");
}

// Fills in one stage after the other; a base is sought among those before.
class StageResolver {
 public:
  StageResolver(const Dockerfile& file, const Variables& globals) : file_(file), globals_(globals) {}

  std::vector<ResolvedStage> run() {
    for (std::size_t i = 0; i < file_.stages.size(); ++i) {
      try {
        out_.push_back(head(i));
      } catch (const Error& error) {
        throw file_.mistake(file_.stages[i].head.lines, error);
      }
    }
    for (std::size_t i = 0; i < file_.stages.size(); ++i) read_links(i);
    return std::move(out_);
  }

 private:
  ResolvedStage head(std::size_t index) const {
    const From& from = file_.stages[index].from();
    ResolvedStage stage;
    stage.base = expand_word(from.base, globals_, {.escape = file_.directives.escape});
    if (stage.base.empty()) {
      throw Error::format(Code::kInvalidArgument, "base name ({}) should not be blank", from.base);
    }
    for (std::size_t i = index; i-- > 0 && !stage.base_stage;) {
      if (file_.stages[i].name() == stage.base) stage.base_stage = i;
    }
    if (!from.platform.empty()) stage.platform = platform(from.platform);
    if (stage.base_stage) {
      for (const Instruction& instruction : file_.stages[*stage.base_stage].instructions) {
        const auto* on_build = std::get_if<OnBuild>(&instruction.value);
        if (on_build == nullptr) continue;
        stage.triggers.push_back(parse_trigger(on_build->trigger, file_.stages[index].head.lines));
      }
    }
    return stage;
  }

  std::string platform(const std::string& text) const {
    VariableUse use;
    std::string value;
    try {
      value = expand_word(text, globals_, {.escape = file_.directives.escape}, &use);
    } catch (const Error& error) {
      throw Error::format(error.code(), "failed to process arguments for platform {}: {}", text, error.message());
    }
    if (!value.empty()) return value;
    std::string guess;
    for (const std::string& name : use.unmatched) {
      if (guess.empty()) guess = did_you_mean(name, globals_.names(), WordCase::kExact);
    }
    throw Error::format(Code::kInvalidArgument, "empty platform value from expression {}{}", text, guess);
  }

  void read_links(std::size_t index) {
    for (const Instruction& trigger : out_[index].triggers) read_links(index, trigger);
    for (const Instruction& instruction : file_.stages[index].instructions) read_links(index, instruction);
  }

  void read_links(std::size_t index, const Instruction& instruction) {
    const auto add = [&](std::optional<std::size_t> stage) {
      if (stage) out_[index].reads.push_back({*stage, instruction.lines});
    };
    if (const auto* run = std::get_if<Run>(&instruction.value)) {
      for (const MountFlag& mount : run->mount_flags) add(file_.find_stage(mount.from));
      return;
    }
    const auto* copy = std::get_if<Copy>(&instruction.value);
    if (copy == nullptr || copy->from.empty()) return;
    try {
      add(copied_stage(file_, copy->from));
    } catch (const Error& error) {
      throw file_.mistake(instruction.lines, error);
    }
  }

  const Dockerfile& file_;
  const Variables& globals_;
  std::vector<ResolvedStage> out_;
};

// Depth first, without recursion: a file may have very many stages.
class CircleFinder {
 public:
  CircleFinder(const Dockerfile& file, const std::vector<ResolvedStage>& stages)
      : file_(file), stages_(stages), states_(stages.size()) {}

  void run() {
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (states_[i] == State::kNew) visit(i);
    }
  }

 private:
  enum class State { kNew, kOpen, kDone };
  struct Visit {
    std::size_t stage;
    std::size_t next = 0;
  };

  void visit(std::size_t start) {
    std::vector<Visit> path = {{start}};
    states_[start] = State::kOpen;
    while (!path.empty()) {
      Visit& top = path.back();
      const std::vector<StageLink>& reads = stages_[top.stage].reads;
      if (top.next == reads.size()) {
        states_[top.stage] = State::kDone;
        path.pop_back();
        continue;
      }
      const StageLink link = reads[top.next++];
      if (states_[link.stage] == State::kOpen) {
        throw SourceError(Code::kInvalidArgument, file_.source, link.lines,
                          "circular dependency detected on stage: " + stage_label(file_, start));
      }
      if (states_[link.stage] == State::kDone) continue;
      states_[link.stage] = State::kOpen;
      path.push_back({link.stage});
    }
  }

  const Dockerfile& file_;
  const std::vector<ResolvedStage>& stages_;
  std::vector<State> states_;
};

}  // namespace

std::string stage_label(const Dockerfile& file, std::size_t stage) {
  const std::string& name = file.stages[stage].name();
  return name.empty() ? "stage-" + std::to_string(stage) : name;
}

std::optional<std::size_t> copied_stage(const Dockerfile& file, std::string_view from) {
  refuse_variables(from);
  const std::optional<long> index = parse_index(from);
  if (!index) return file.find_stage(from);
  if (*index < 0 || static_cast<std::size_t>(*index) >= file.stages.size()) {
    throw Error::format(Code::kInvalidArgument, "invalid stage index {}", *index);
  }
  return static_cast<std::size_t>(*index);
}

std::vector<ResolvedStage> resolve_stages(const Dockerfile& file, const Variables& globals) {
  std::vector<ResolvedStage> stages = StageResolver(file, globals).run();
  CircleFinder(file, stages).run();
  return stages;
}

std::size_t target_stage(const Dockerfile& file, std::string_view name) {
  if (name.empty()) return file.stages.size() - 1;
  if (const std::optional<std::size_t> found = file.find_stage(name)) return *found;
  throw Error::format(Code::kNotFound, "target stage {} could not be found{}", quoted(name),
                      did_you_mean(name, file.stage_names(), WordCase::kExact));
}

std::vector<std::size_t> needed_stages(const Dockerfile& file, const std::vector<ResolvedStage>& stages,
                                       std::size_t target) {
  std::vector<bool> needed(stages.size());
  needed[target] = true;
  std::vector<std::size_t> out;
  for (std::size_t i = target + 1; i-- > 0;) {
    if (!needed[i]) continue;
    if (stages[i].base_stage) needed[*stages[i].base_stage] = true;
    for (const StageLink& link : stages[i].reads) {
      if (link.stage >= i) {
        throw SourceError(Code::kInvalidArgument, file.source, link.lines,
                          fmt::format("cannot copy from stage {}, it needs to be defined before current stage {}",
                                      quoted(stage_label(file, link.stage)), quoted(stage_label(file, i))));
      }
      needed[link.stage] = true;
    }
    out.insert(out.begin(), i);
  }
  return out;
}

}  // namespace davit::dockerfile
