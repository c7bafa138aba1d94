# SPDX-License-Identifier: MIT
# Completes baton(1) in bash: commands, options and arguments as `baton --help` has them, sites and releases as the state has them.
# shellcheck shell=bash

_baton_state=/var/lib/baton
_baton_examples=/usr/share/baton/examples

# _baton_listed HEADING [COMMAND]: what `baton COMMAND --help` lists there, as "-n,--lines TEXT  Only this many", one a line. CLI11
# from 2.5 on aligns the long options, and goes on with a description on the next line.
_baton_listed() {
  local heading=$1 line inside=
  shift
  while IFS= read -r line; do
    if [[ ${line^^} == "${heading^^}":* ]]; then
      inside=1
    elif [[ $line != ' '* ]]; then
      inside=
    elif [[ $inside && $line =~ ^\ {2,10}((-[^ ,]+),\ *)?([^ ].*)$ ]]; then
      printf '%s\n' "${BASH_REMATCH[2]:+"${BASH_REMATCH[2]},"}${BASH_REMATCH[3]}"
    fi
  done < <(command baton "$@" --help 2>/dev/null)
}

# _baton_kinds COMMAND: its options as "OPTION KIND", one a line; flags have no kind
_baton_kinds() {
  local names kind rest name
  while read -r names kind rest; do
    [[ $kind =~ ^[A-Z]+$ ]] || kind=
    for name in ${names//,/ }; do printf '%s %s\n' "$name" "$kind"; done
  done < <(_baton_listed Options "$@" | sed 's/   .*//')
}

# _baton_kind_of OPTION: its kind, from the lines of _baton_kinds
_baton_kind_of() {
  local name kind
  while read -r name kind; do
    [[ $name != "$1" ]] || printf '%s\n' "$kind"
  done
}

# _baton_matching WORD: those of the lines that begin with WORD. `compgen -W` would run what stands in them.
_baton_matching() {
  local line
  while IFS= read -r line; do
    [[ $line != "$1"* ]] || printf '%q\n' "$line"
  done
}

# _baton_sites: the names of the registered sites
_baton_sites() {
  local file
  for file in "$_baton_state"/*/site.json; do
    [[ ! -e $file ]] || { file=${file%/site.json}; printf '%s\n' "${file##*/}"; }
  done
}

# _baton_releases SITE COMMAND: for a roll back those whose snapshots are there, as far as this user may see them
_baton_releases() {
  local file number
  for file in "$_baton_state/$1"/records/*.json; do
    number=${file##*/}
    number=${number%.json}
    [[ -e $file ]] || continue
    [[ $2 == rollback && -r $_baton_state/$1/releases && ! -d $_baton_state/$1/releases/$number ]] || printf '%s\n' "$number"
  done
}

# _baton_offer KIND COMMAND SITE WORD: what an argument of that kind may be
_baton_offer() {
  local IFS=$'\n'
  case $1 in
    SITE) mapfile -t COMPREPLY < <(_baton_sites | _baton_matching "$4") ;;
    N) mapfile -t COMPREPLY < <(_baton_releases "$3" "$2" | _baton_matching "$4") ;;
    LANGUAGE) mapfile -t COMPREPLY < <(cd "$_baton_examples" 2>/dev/null && compgen -d -- "$4") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$4"); compopt -o filenames 2>/dev/null ;;
    *FILE*) mapfile -t COMPREPLY < <(compgen -f -- "$4"); compopt -o filenames 2>/dev/null ;;
  esac
}

_baton() {
  local word=${COMP_WORDS[COMP_CWORD]#=} command='' awaited='' arguments=() kinds i
  [[ " ${COMP_WORDS[*]} " != *' --user '* ]] || local _baton_state=${XDG_STATE_HOME:-$HOME/.local/state}/baton
  for ((i = 1; i < COMP_CWORD; i++)); do
    local given=${COMP_WORDS[i]}
    if [[ $given == = ]]; then # of --option=value, which bash splits
      continue
    elif [[ -n $awaited ]]; then
      awaited=
    elif [[ $given == -* ]]; then
      [[ -z $command ]] || awaited=$(_baton_kinds "$command" | _baton_kind_of "$given")
    elif [[ -z $command ]]; then
      command=$given
    else
      arguments+=("$given")
    fi
  done
  COMPREPLY=()
  if [[ -n $awaited ]]; then
    _baton_offer "$awaited" "$command" "${arguments[0]-}" "$word"
  elif [[ $word == -* ]]; then
    mapfile -t kinds < <(_baton_kinds ${command:+"$command"})
    mapfile -t COMPREPLY < <(printf '%s\n' "${kinds[@]%% *}" | _baton_matching "$word")
  elif [[ -z $command ]]; then
    mapfile -t kinds < <(_baton_listed Subcommands)
    mapfile -t COMPREPLY < <(printf '%s\n' "${kinds[@]%% *}" | _baton_matching "$word")
  else
    mapfile -t kinds < <(_baton_listed Positionals "$command")
    kinds=("${kinds[@]%% *}")
    _baton_offer "${kinds[${#arguments[@]}]-}" "$command" "${arguments[0]-}" "$word"
  fi
}

complete -F _baton baton
