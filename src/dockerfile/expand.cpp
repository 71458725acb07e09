#include "dockerfile/expand.h"

#include <utility>

namespace davit::dockerfile {

namespace {

// Replaces the variables of each kind of instruction in place.
class InstructionExpander {
 public:
  InstructionExpander(const Variables& variables, char escape, VariableUse* use)
      : variables_(variables), escape_(escape), use_(use) {}

  void operator()(Env& env) const { pairs(env.pairs); }
  void operator()(Label& label) const { pairs(label.pairs); }
  void operator()(User& user) const { word(user.user); }
  void operator()(Workdir& workdir) const { word(workdir.path); }
  void operator()(StopSignal& stop) const { word(stop.signal); }
  void operator()(Volume& volume) const { words(volume.paths); }
  void operator()(Copy& copy) const { sources(copy.sources); }
  void operator()(Add& add) const {
    word(add.checksum);
    sources(add.sources);
  }

  void operator()(Arg& arg) const {
    for (ArgDefinition& definition : arg.definitions) {
      if (definition.value) word(*definition.value);
    }
  }

  void operator()(Expose& expose) const {
    std::vector<std::string> ports;
    for (const std::string& port : expose.ports) {
      for (std::string& one : expand_words(port, variables_, {.escape = escape_}, use_))
        ports.push_back(std::move(one));
    }
    expose.ports = std::move(ports);
  }

  void operator()(Run& run) const {
    run.mounts.clear();
    for (const MountFlag& flag : run.mount_flags) {
      run.mounts.push_back(parse_mount(flag.text, [this](std::string_view value) { return expanded_word(value); }));
    }
  }

  void operator()(From&) const {}
  void operator()(Cmd&) const {}
  void operator()(Entrypoint&) const {}
  void operator()(Shell&) const {}
  void operator()(HealthCheck&) const {}
  void operator()(OnBuild&) const {}
  void operator()(Maintainer&) const {}

 private:
  std::string expanded_word(std::string_view text) const {
    return expand_word(text, variables_, {.escape = escape_}, use_);
  }
  void word(std::string& text) const { text = expanded_word(text); }
  void words(std::vector<std::string>& texts) const {
    for (std::string& text : texts) word(text);
  }

  void pairs(std::vector<KeyValue>& all) const {
    for (KeyValue& pair : all) {
      word(pair.key);
      word(pair.value);
    }
  }

  // Here-documents are a shell's: a backslash escapes in them whatever the file's escape character is.
  void sources(CopySources& all) const {
    word(all.chown);
    word(all.chmod);
    words(all.paths);
    word(all.destination);
    for (InlineFile& file : all.files) {
      if (file.expands) file.content = expand_word(file.content, variables_, {.literal_quotes = true}, use_);
    }
  }

  const Variables& variables_;
  char escape_;
  VariableUse* use_;
};

}  // namespace

Instruction expanded(const Instruction& instruction, const Variables& variables, char escape, VariableUse* use) {
  Instruction out = instruction;
  std::visit(InstructionExpander(variables, escape, use), out.value);
  return out;
}

}  // namespace davit::dockerfile
