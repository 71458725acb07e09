#include "cli/completion_scripts.h"

namespace davit::cli {

namespace {

// Bash splits words at ":" and "=" (COMP_WORDBREAKS), which stand in names of images and in --flag=value: they are put
// together again, and what the shell holds to be there already is cut from the answer.
constexpr std::string_view kBash = R"sh(# bash completion for davit; made by: davit completion bash

_davit() {
  local words=() word glue= i last=$COMP_CWORD
  for ((i = 1; i <= last; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ( -n $glue || $word == [:=]* ) ]] &&
      ! [[ $i -eq $last && ${COMP_LINE:COMP_POINT-1:1} == [[:space:]] ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    [[ $word == *[:=] ]] && glue=1 || glue=
  done
  local typed=${words[-1]} line lines=()
  mapfile -t lines < <("${COMP_WORDS[0]/#\~\//$HOME/}" internal complete -- "${words[@]}" 2>/dev/null)
  local there=
  [[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && there=${typed%"${typed##*:}"}
  if [[ $COMP_WORDBREAKS == *=* && $typed == *=* ]]; then
    line=${typed%"${typed##*=}"}
    [[ ${#line} -gt ${#there} ]] && there=$line
  fi
  COMPREPLY=()
  for line in "${lines[@]}"; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "${typed#"$there"}")
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$there"}")
    fi
  done
}

complete -F _davit davit
)sh";

constexpr std::string_view kZsh = R"sh(#compdef davit
# zsh completion for davit; made by: davit completion zsh

_davit() {
  local line text
  local -a texts shown
  local files=
  for line in "${(@f)$("${words[1]/#\~\//$HOME/}" internal complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ -n $line ]]; then
      text=${line%%$'\t'*}
      texts+=("$text")
      if [[ $line == *$'\t'* ]]; then
        shown+=("$text  -- ${line#*$'\t'}")
      else
        shown+=("$text")
      fi
    fi
  done
  [[ -n $files ]] && _files
  (( $#texts )) && compadd -l -d shown -a texts
}

if [[ $funcstack[1] == _davit ]]; then
  _davit "$@"
else
  compdef _davit davit
fi
)sh";

constexpr std::string_view kFish = R"sh(# fish completion for davit; made by: davit completion fish

function __davit_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] internal complete -- $words[2..-1] "$typed" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$typed"
        else
            echo $line
        end
    end
end

complete -c davit -f -a '(__davit_complete)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return {};
}

}  // namespace davit::cli
