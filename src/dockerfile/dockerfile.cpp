#include "dockerfile/dockerfile.h"

#include "base/strings.h"

namespace davit::dockerfile {

namespace {

using base::Code;
using base::Error;

Instruction instruction_at(const Statement& statement, const Source& source) {
  try {
    return parse_instruction(statement);
  } catch (const Error& error) {
    throw SourceError(error.code(), source, statement.lines,
                      fmt::format("dockerfile parse error on line {}: {}", statement.lines.first, error.message()));
  }
}

void place(Dockerfile& file, Instruction instruction) {
  if (std::holds_alternative<From>(instruction.value)) {
    file.stages.push_back({std::move(instruction), {}});
  } else if (!file.stages.empty()) {
    file.stages.back().instructions.push_back(std::move(instruction));
  } else if (std::holds_alternative<Arg>(instruction.value)) {
    file.global_args.push_back(std::move(instruction));
  } else {
    throw SourceError(Code::kInvalidArgument, file.source, instruction.lines, "no build stage in current context");
  }
}

}  // namespace

std::optional<std::size_t> Dockerfile::find_stage(std::string_view name) const {
  const std::string wanted = base::to_lower(name);
  for (std::size_t i = stages.size(); i-- > 0;) {
    if (!wanted.empty() && stages[i].name() == wanted) return i;
  }
  return {};
}

std::vector<std::string> Dockerfile::stage_names() const {
  std::vector<std::string> names;
  for (const Stage& stage : stages) {
    if (!stage.name().empty()) names.push_back(stage.name());
  }
  return names;
}

SourceError Dockerfile::mistake(LineRange lines, const Error& error) const {
  return SourceError(error.code(), source, lines, error.message());
}

Dockerfile parse(std::string name, std::string text) {
  Dockerfile file;
  file.source = Source(std::move(name), std::move(text));
  if (file.source.text().empty()) throw Error(Code::kInvalidArgument, "the Dockerfile cannot be empty");
  file.directives = read_directives(file.source);
  Statements statements = parse_statements(file.source, file.directives);
  for (const Statement& statement : statements.all) place(file, instruction_at(statement, file.source));
  if (file.stages.empty()) throw Error(Code::kInvalidArgument, "dockerfile contains no stages to build");
  file.empty_continuations = std::move(statements.empty_continuations);
  return file;
}

Instruction parse_trigger(std::string_view trigger, LineRange lines) {
  const Source source("ONBUILD", std::string(trigger));
  Statements statements;
  try {
    statements = parse_statements(source, {});
  } catch (const SourceError& error) {
    throw Error(error.code(), error.reason());
  }
  if (statements.all.size() != 1) throw Error(Code::kInvalidArgument, "onbuild trigger should be a single expression");
  Instruction instruction = parse_instruction(statements.all.front());
  if (std::holds_alternative<From>(instruction.value)) {
    throw Error(Code::kInvalidArgument, "FROM isn't allowed as an ONBUILD trigger");
  }
  instruction.lines = lines;
  return instruction;
}

ShellScript shell_script(const CommandLine& command) {
  const std::string text = command.words.empty() ? std::string() : command.words.front();
  if (command.heredocs.empty()) return {text, {}};
  if (parse_heredoc(text)) {
    const Heredoc& only = command.heredocs.front();
    std::string content = only.chomps ? chomped(only.content) : only.content;
    if (content.starts_with("#!")) return {std::move(content), only.name};
    return {std::move(content), {}};
  }
  std::string whole = text;
  for (const Heredoc& heredoc : command.heredocs) whole.append("\n").append(heredoc.content).append(heredoc.name);
  return {std::move(whole), {}};
}

}  // namespace davit::dockerfile
