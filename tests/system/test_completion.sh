#!/bin/sh
# SPDX-License-Identifier: ISC
#
# bash completion as bash calls it: what is offered for a line, and that all
# that the commands say they take is offered.
. "$(dirname "$0")/client_script.inc"
needs bash
needs_build ./cohortd ./cohortctl

folder=$top/contrib/completion/bash

# offers WORD...: the completions of the last word, sorted, on one line.
offers()
{
	(cd "$scratch/files" && bash -c '
	    . "$1/cohortd" && . "$1/cohortctl" || exit
	    shift
	    COMP_WORDS=("$@")
	    COMP_CWORD=$(($# - 1))
	    "_$1"
	    printf "%s\n" "${COMPREPLY[@]}"' bash "$folder" "$@") |
	    sort | paste -sd ' ' -
}

# is EXPECTED WORD...
is()
{
	expected=$1
	shift
	offers "$@" >"$scratch/offered"
	printf '%s\n' "$expected" | diff - "$scratch/offered"
}

# The options that a usage text names.
options_of()
{
	"$1" -h | grep -oE '(^|[ [])--?[a-z]+' | tr -d ' [' | sort -u
	"$1" -h | grep -oE '(^|[ [])-[A-Z]\>' | tr -d ' [' | sort -u
}

verbs_of()
{
	./cohortctl -h | sed -n '/^Verbs:/,/^See/s/^  \([a-z]*\) .*/\1/p' |
	    sort -u
}

# has_all PROGRAM START: each line of the standard input is offered.
has_all()
{
	offers "$1" "$2" | tr ' ' '\n' >"$scratch/offered"
	count=0
	while read -r word; do
		count=$((count + 1))
		grep -qxF -e "$word" "$scratch/offered" || {
			echo "$word is not offered"
			return 1
		}
	done
	[ "$count" -gt 3 ]
}

all_options()
{
	options_of "./$1" | has_all "$1" -
}

all_verbs()
{
	verbs_of | has_all cohortctl ''
}

# Those of its own words that cohortd -s refuses are not offered.
signal_words()
{
	for word in $(offers cohortd -s ''); do
		! ./cohortd -s "$word" -l 127.0.0.1:0 -r / 2>&1 |
		    grep 'one of' || return
	done
	./cohortd -s x -l 127.0.0.1:0 -r / 2>&1 |
	    sed 's/.*one of //; s/,//g' | tr ' ' '\n' | sort | paste -sd ' ' - |
	    diff - "$scratch/words"
}

mkdir "$scratch/files" "$scratch/files/folder" "$scratch/files/two words"
touch "$scratch/files/a.so" "$scratch/files/b.so" "$scratch/files/c.conf" \
    "$scratch/files/two.so"

check "all options of cohortd" all_options cohortd
check "all options of cohortctl" all_options cohortctl
check "all verbs of cohortctl" all_verbs
offers cohortd -s '' >"$scratch/words"
check "the words of cohortd -s, and no others" signal_words
check "-s by its beginning" is 'reload reopen' cohortd -s re
check "-c takes files" is 'a.so b.so c.conf folder two words two.so' \
    cohortd -f -c ''
check "-p takes files" is 'c.conf' cohortd -p c
check "-m takes modules, and folders on the way" \
    is 'a.so b.so folder two words two.so' cohortd -m ''
check "-m with a beginning" is 'two words two.so' cohortd -m two
check "-r takes folders" is 'folder' cohortd -r f
check "-u takes users" is 'root' cohortd -u roo
check "-u takes groups" is 'www-data:root' cohortd -u www-data:roo
check "-l takes what we cannot know" is '' cohortd -l ''
check "a verb by its beginning" is 'quarantine' cohortctl quara
check "a verb behind options" is 'gdb' cohortctl -S /x --json gd
check "a verb behind a number" is 'top' cohortctl --interval 2 to
check "a number is not known" is '' cohortctl --interval ''
check "the second word of crashes" is 'clear show' cohortctl crashes ''
check "the second word of quarantine" is 'list' cohortctl quarantine l
check "gdb takes cores" is 'c.conf' cohortctl gdb c
check "upgrade takes programs" is 'c.conf' cohortctl upgrade c
check "-S takes files" is 'folder' cohortctl -S f
check "options anywhere" is '--json' cohortctl crashes --j
check "nothing behind --" is '' cohortctl gdb core -- ''
check "no word behind the last" is '' cohortctl status ''
finish
