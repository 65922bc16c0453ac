#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Words that do not belong into a tree that is finished, and calls that do
# not belong into a test: one that sleeps is slow, or fails now and then.
. "$(dirname "$0")/tree.sh"

# search EXPRESSION NAME-EXPRESSION: FILE:LINE: of text files of ours.
search()
{
	tracked | grep -E "$2" | grep -vE '^tests/(wire/|fuzz/corpus|tree/)' |
	    while read -r file; do
		grep -IHnE "$1" "$top/$file"
	done | sed "s|^$top/||"
}

word="(^|[^A-Za-z0-9_])(TODO|FIXME|XXX|HACK)($|[^A-Za-z0-9_])"
sleep_call='(^|[^A-Za-z0-9_])(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep)[[:space:]]*\('
sleep_sh='(^|[;&|({`[:space:]])sleep[[:space:]]+[0-9."$]'

none "nothing is left for later" search "$word" .
none "no test sleeps" search "$sleep_call" '^tests/.*\.(c|h|py|js)$'
none "no script of the tests sleeps" search "$sleep_sh" '^tests/.*\.sh$'
none "lines do not end in blanks" search '[ 	]+$' \
    '(\.([ch]|tbl|sh|map|am|ac|in|8)|/[a-z]*|^[A-Z]*)$'
finish
