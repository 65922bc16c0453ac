#!/bin/sh
# SPDX-License-Identifier: ISC
#
# contrib/logrotate/cohort, by the real logrotate: rotations under load lose
# no line.
. "$(dirname "$0")/client_script.inc"
needs logrotate curl
needs_build ./cohortd ./cohortctl

[ "$(id -u)" -eq 0 ] || skip "not root: the snippet creates files of root's"
getent group adm >/dev/null || skip "no group adm"
requests=3000
log=$scratch/logs

# With the paths of the test.
snippet()
{
	sed -e "s|/var/log/cohort|$log|" -e "s|/run/cohort|$scratch|" \
	    -e "s|cohortctl reopen|$1|" "$top/contrib/logrotate/cohort"
}

rotate()
{
	logrotate -f -s "$scratch/state" "$scratch/snippet"
}

# A first line: what is empty is not rotated.
begin()
{
	fetch /file && timeout "$deadline" sh -c \
	    'tail -n +1 -F "$1" 2>/dev/null | grep -q -m 1 GET' \
	    sh "$log/access.log"
}

# Its requests tell themselves apart: /N.
load()
{
	seq "$requests" | sed "s|.*|url = \"$base/file?&\"|" |
	    curl -sS --fail --parallel-max 4 --parallel -o /dev/null -K - \
		>"$scratch/load" 2>&1
}

rotate_under_load()
{
	load &
	loader=$!
	rotations=0
	while kill -0 "$loader" 2>/dev/null && [ "$rotations" -lt 3 ]; do
		[ -s "$log/access.log" ] || continue
		rotate || return
		rotations=$((rotations + 1))
		wait_log 'logs reopened' || return
	done
	wait "$loader" && [ "$rotations" -gt 0 ]
}

# Old ones may be compressed.
lines()
{
	for file in "$log"/access.log*; do
		case $file in
		*.gz) gzip -dc "$file" ;;
		*) cat "$file" ;;
		esac
	done | grep -o 'GET /file?[0-9]*' | sed 's/.*?//' | sort -n
}

mkdir "$log" "$scratch/site"
# logrotate rotates nothing where others may write.
chmod 755 "$log"
echo hello >"$scratch/site/file"
cat >"$scratch/conf" <<END
workers = 2
pid_file = "$scratch/pid"
control_socket = "$scratch/control"
state_directory = ""
access_log = "$log/access.log"
listen "127.0.0.1:0" { }
host "*" { mount "/" { files = "$scratch/site" } }
END
snippet "$PWD/cohortctl -c $scratch/conf reopen" >"$scratch/snippet"
check "logrotate reads it" logrotate -d -s "$scratch/state" "$scratch/snippet"
start_daemon ./cohortd -f -c "$scratch/conf"
check "a first request" begin
check "rotations under load" rotate_under_load
stop_daemon
seq "$requests" >"$scratch/shall"
lines >"$scratch/is"
same "no line is lost, none stands twice" "$scratch/shall" "$scratch/is"
check "the new file is as the snippet says" \
    gives 640 stat -c %a "$log/access.log"
finish
