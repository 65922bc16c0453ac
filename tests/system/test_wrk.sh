#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Load by wrk on a handler and on a file of 4 KiB: no error, no refusal, and
# workers that stay as large as they were.
. "$(dirname "$0")/client_script.inc"
needs wrk
needs_build cohortd tests/system/.libs/module_test.so

# A run of wrk; one without any error says nothing of errors.
load()
{
	timeout "$deadline" wrk -t2 -c200 -d"$2" --timeout 10s "$base$1" \
	    >"$scratch/wrk" 2>&1
	cat "$scratch/wrk"
	grep -Eq '^ *[1-9][0-9]* requests in ' "$scratch/wrk" &&
	    ! grep -Eq 'Socket errors|Non-2xx' "$scratch/wrk"
}

both()
{
	check "wrk $1 on a handler" load /hello/wrk "$1"
	sed -n 's/^Requests\/sec: */  handler, requests a second: /p' \
	    "$scratch/wrk"
	check "wrk $1 on a file" load /files/four-kilobytes.txt "$1"
	sed -n 's/^Requests\/sec: */  file, requests a second: /p' \
	    "$scratch/wrk"
}

# "PID KIB" of each worker.
sizes()
{
	for worker in $(workers); do
		sed -n "s/^VmRSS:[^0-9]*\\([0-9]*\\) kB/$worker \\1/p" \
		    "/proc/$worker/status"
	done | sort
}

# 5 % or 512 KiB are noise, whichever is more.
stay_as_large()
{
	join "$1" "$2" | awk '
	    {
		allowed = $2 * 0.05 > 512 ? $2 * 0.05 : 512
		printf "worker %d: %d KiB, then %d KiB\n", $1, $2, $3
		bad += $3 > $2 + allowed
	    }
	    END { exit bad > 0 || NR != 2 }'
}

cp tests/system/.libs/module_test.so "$scratch/"
cp "$top/contrib/examples/site/four-kilobytes.txt" "$scratch/"
chmod 644 "$scratch/four-kilobytes.txt"
cat >"$scratch/conf" <<CONF
workers = 2
pid_file = ""
control_socket = ""
state_directory = ""
listen "127.0.0.1:0" { }
host "*" {
	mount "/" { module = "$scratch/module_test.so" }
	mount "/files" { files = "$scratch" }
}
CONF

start_daemon ./cohortd -f -c "$scratch/conf"
both 1s
both 3s
sizes >"$scratch/before"
both 2s
sizes >"$scratch/after"
# A sanitizer keeps what was freed.
if test -z "$(sanitizers)"; then
	check "workers do not grow" stay_as_large "$scratch/before" "$scratch/after"
	sed 's/^/  /' "$scratch/said"
fi
stop_daemon
finish
