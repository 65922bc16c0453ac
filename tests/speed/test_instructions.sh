#!/bin/sh
# SPDX-License-Identifier: ISC
#
# How many instructions a request costs: a worker under callgrind serves the
# works of client_speed.py, and what libcohort executed between two marks, of
# which callgrind knows by the function that only they call, is compared with
# the file beside this.  Unlike time, instructions are the same on every run.
# With --write, in a build folder of default flags, makes that file anew.
here=$(dirname "$0")
. "$here/../system/client_script.inc"
needs valgrind python3
needs_build .libs/cohortd .libs/libcohort.so tests/speed/.libs/module_speed.so
[ -z "$(sanitizers)" ] || skip "the build is sanitized"
[ "$(sed -n 's/^CFLAGS = //p' Makefile)" = '-g -O2' ] ||
    skip "the build has other flags than the default's"

known=$here/instructions
most_percent=103
libraries=$PWD/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# ours FILE: what the library executed itself (the format is that of
# valgrind's manual, "Callgrind Format Specification").
ours()
{
	awk '/^c?ob=/ {
		text = $0
		sub(/^c?ob=/, "", text)
		number = text
		sub(/\).*/, ")", number)
		sub(/^\([0-9]*\) ?/, "", text)
		if (text != "")
			names[number] = text
		if ($0 ~ /^ob=/)
			is_ours = names[number] ~ \
			    /libcohort\.so[^\/]*$/
	}
	# The line behind it has what was called, not what called.
	/^calls=/ { getline; next }
	/^[-+*0-9]/ && is_ours { sum += $2 }
	END { printf "%d\n", sum }' "$1"
}

# The worker's dump number 1 holds what came before the first mark, 2 the
# first work, 3 what came before the next, and so on.
count_works()
{
	number=1
	while read -r work requests; do
		number=$((number + 1))
		file=$(find "$scratch/counts" -name "callgrind.*.$number" | sort |
		    tail -n 1)
		[ -n "$file" ] || return 1
		echo "$work $(($(ours "$file") / requests))"
		number=$((number + 1))
	done <"$scratch/requests" >"$scratch/counted"
}

# compare WORK KNOWN
compare()
{
	count=$(sed -n "s/^$1 //p" "$scratch/counted")
	echo "$1: ${count:-no} instructions a request, known are $2"
	[ "${count:-0}" -gt 0 ] &&
	    [ $((count * 100)) -le $(($2 * most_percent)) ]
}

do_works()
{
	python3 "$here/client_speed.py" "${base##*:}" >"$scratch/requests"
}

# The worker itself writes what was counted, in the end without root's rights.
mkdir -m 777 "$scratch/counts"
mkdir "$scratch/site"
cp tests/speed/.libs/module_speed.so "$scratch/"
head -c 1024 /dev/zero | tr '\0' 's' >"$scratch/site/small"
cat >"$scratch/conf" <<CONF
workers = 1
pid_file = ""
control_socket = ""
state_directory = ""
landlock = false
open_files_valid = "1h"
listen "127.0.0.1:0" { }
host "*" {
	mount "/" { module = "$scratch/module_speed.so" }
	mount "/files" { files = "$scratch/site" }
}
CONF

start_daemon env "LD_LIBRARY_PATH=$libraries" valgrind --tool=callgrind \
    --trace-children=yes --log-file="$scratch/valgrind.%p" \
    --callgrind-out-file="$scratch/counts/callgrind.%p" \
    --dump-before=cohort_reply_empty .libs/cohortd -f -c "$scratch/conf"
check "the works are done" do_works
stop_daemon
check "they are counted" count_works
if [ "${1:-}" = --write ]; then
	grep '^#' "$known" >"$scratch/new"
	cat "$scratch/counted" >>"$scratch/new"
	cp "$scratch/new" "$known"
	cat "$known"
	exit 0
fi
grep -v '^#' "$known" >"$scratch/known"
while read -r work known_count; do
	check "$work costs no more than it did" compare "$work" "$known_count"
done <"$scratch/known"
cut -d ' ' -f 1 "$scratch/requests" >"$scratch/names"
same "the works are those of $known" - "$scratch/names" <<NAMES
$(cut -d ' ' -f 1 "$scratch/known")
NAMES
finish
