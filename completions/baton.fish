# SPDX-License-Identifier: MIT
# Completes baton(1) in fish: commands, options and arguments as `baton --help` has them, sites and releases as the state has them.

set -g __baton_state /var/lib/baton
set -g __baton_examples /usr/share/baton/examples

# __baton_listed HEADING [COMMAND]: what `baton COMMAND --help` lists there, as "WORDS<tab>description", one a line. CLI11 from 2.5 on
# aligns the long options, and goes on with a description on the next line.
function __baton_listed
    set -l inside
    for line in (command baton $argv[2..] --help 2>/dev/null)
        if string match --quiet --ignore-case -- "$argv[1]:*" $line
            set inside 1
        else if not string match --quiet -- ' *' $line
            set inside
        else if test -n "$inside"
            string replace --regex '^(-[^ ,]+), +' '$1,' -- (string replace --filter --regex '^ {2,10}([^ ])' '$1' -- $line) |
                string replace --regex '  +(.*?) *$' '\t$1'
        end
    end
end

# __baton_kind COMMAND OPTION: the kind of its value; nothing for a flag
function __baton_kind
    for line in (__baton_listed Options $argv[1])
        set -l words (string split ' ' -- (string split \t -- $line)[1])
        contains -- $argv[2] (string split , -- $words[1]); and string join \n -- $words[2..]
    end
end

# __baton_described HEADING [COMMAND]: the same as "word<tab>description"
function __baton_described
    for line in (__baton_listed $argv)
        set -l parts (string split --max 1 \t -- $line)
        for name in (string split , -- (string split ' ' -- $parts[1])[1])
            printf '%s\t%s\n' $name $parts[2]
        end
    end
end

# __baton_releases SITE COMMAND: for a roll back those whose snapshots are there, as far as this user may see them
function __baton_releases
    for file in $__baton_state/$argv[1]/records/*.json
        set -l number (string replace --regex '.*/(.*)\.json$' '$1' -- $file)
        if test "$argv[2]" = rollback -a -r $__baton_state/$argv[1]/releases
            test -d $__baton_state/$argv[1]/releases/$number; or continue
        end
        echo $number
    end
end

# __baton_offer KIND COMMAND SITE: what an argument of that kind may be
function __baton_offer
    switch "$argv[1]"
        case SITE
            set -l files $__baton_state/*/site.json # in a `set`, no match is no error
            string replace --regex '.*/(.*)/site\.json$' '$1' -- $files
        case N
            __baton_releases $argv[3] $argv[2]
        case LANGUAGE
            set -l directories $__baton_examples/*/
            string replace --regex '.*/(.*)/$' '$1' -- $directories
        case DIR
            __fish_complete_directories (commandline --current-token)
        case '*FILE*'
            __fish_complete_path (commandline --current-token)
    end
end

function __baton_complete
    set -l command
    set -l awaited
    set -l arguments
    set -lx __baton_state $__baton_state # exported, so that the functions see it
    if contains -- --user (commandline --tokenize --cut-at-cursor --current-process)
        set __baton_state (set -q XDG_STATE_HOME; and echo $XDG_STATE_HOME; or echo ~/.local/state)/baton
    end
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..]
        if test -n "$awaited"
            set awaited
        else if string match --quiet -- '-*' $word
            test -z "$command"; or set awaited (__baton_kind $command $word)
        else if test -z "$command"
            set command $word
        else
            set --append arguments $word
        end
    end
    if test -n "$awaited"
        __baton_offer $awaited "$command" "$arguments[1]"
    else if string match --quiet -- '-*' (commandline --current-token)
        __baton_described Options $command
    else if test -z "$command"
        __baton_described Subcommands
    else
        set -l kinds (__baton_listed Positionals $command | string replace --regex '[ \t].*' '')
        set -l place (math (count $arguments) + 1)
        set -q kinds[$place]; and __baton_offer $kinds[$place] $command "$arguments[1]"
    end
end

complete --command baton --no-files --arguments '(__baton_complete)'
