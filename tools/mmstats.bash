# SPDX-License-Identifier: MIT
#
# mmstats.bash - bash completes the options of mmstats' tools, as their --help has them, and file names. Where
# bash-completion is installed, ./install puts it where that finds it; else: source mmstats.bash.

_mmstats() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} help choices
  help=$("$1" --help 2>/dev/null) || return 0
  if [[ $option == = ]]; then # bash takes `=` for a word of its own
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == = ]]; then
    word=
  fi
  # --option=one|two|three
  choices=$(sed -n "s/^.*$option\\[\\{0,1\\}=\\([a-z0-9-]*|[a-z0-9|-]*\\).*/\\1/p" <<<"$help" | head -n 1)
  if [[ $option == --* && $choices ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${choices//|/ }" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '(^|[ ,])--[a-z][a-z0-9-]*' <<<"$help" | tr -d ' ,' | sort -u)" -- "$word")
  fi
}
complete -o default -F _mmstats cleanstats mmash mmlint mmtop pollstats slurpstats
