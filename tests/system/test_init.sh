#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The init script over the life of a daemon, with all its paths below a
# folder of the test's own, with and without the functions of lsb-base.
. "$(dirname "$0")/client_script.inc"
needs flock
needs_build ./cohortd

script=$top/contrib/init/cohortd
pid_file=$scratch/run/pid

# Whatever happens, nothing is left behind.
clean_init()
{
	[ ! -s "$pid_file" ] || kill -INT "$(cat "$pid_file")"
	clean_up
}
trap clean_init EXIT

init()
{
	COHORTD_DEFAULTS=$scratch/default sh "$script" "$@" \
	    >"$scratch/given" 2>&1 3<&-
}

# ends CODE WORDS ACTION: it exits with that and says that.
ends()
{
	code=0
	init "$3" || code=$?
	[ "$code" -eq "$1" ] && grep -qi -e "$2" "$scratch/given" && return
	echo "$3 ended with $code:"
	cat "$scratch/given"
	false
}

# defaults LINE...
defaults()
{
	cat >"$scratch/default" <<-END
	DAEMON=$PWD/cohortd
	CONFIG=$scratch/conf
	PIDFILE=$pid_file
	STOP_TIMEOUT=30
	END
	printf '%s\n' "$@" >>"$scratch/default"
}

# good [LINE]
configure()
{
	cat >"$scratch/conf" <<-END
	error_log = "$scratch/log"
	control_socket = "$scratch/run/control"
	state_directory = ""
	workers = 1
	shutdown_timeout = "5s"
	listen "127.0.0.1:0" {}
	host "*" { mount "/" { files = "$scratch" } }
	${1-}
	END
}

# reached COUNT: so many cohorts have come to serve.
logged()
{
	timeout "$deadline" sh -c \
	    'tail -n +1 -F "$1" 2>/dev/null | grep -q -m 1 -e "$2"' \
	    sh "$scratch/log" "$1"
}

is_same_process()
{
	[ "$(cat "$pid_file")" = "$pid" ]
}

life()
{
	check "status before: not running" ends 3 'not running' status
	check "stop before: fine" ends 0 '' stop
	check "reload before: not running" ends 7 'failed' reload
	check "start" ends 0 'Starting HTTP server' start
	check "status" ends 0 'is running (pid' status
	pid=$(cat "$pid_file")
	check "start again: fine" ends 0 '' start
	check "it is the same" is_same_process
	check "reload" ends 0 'Reloading HTTP server' reload
	check "which comes to serve" logged 'cohort 2 serves'
	configure 'no_such_option = 1'
	check "reload of a bad configuration fails" ends 6 'no_such_option' \
	    force-reload
	check "restart of it too" ends 6 'no_such_option' restart
	check "it is still the same" is_same_process
	configure
	check "restart" ends 0 'Restarting HTTP server' restart
	check "it is another one" test "$(cat "$pid_file")" != "$pid"
	check "stop" ends 0 'Stopping HTTP server' stop
	check "its pid file is gone" test ! -e "$pid_file"
	check "status after: not running" ends 3 'not running' status
}

defaults
configure
life
rm "$scratch/log"
defaults 'INIT_FUNCTIONS=/nowhere'
life

mkdir -p "$scratch/run"
echo 1 >"$pid_file"
check "an old pid file is no daemon" ends 1 'is dead' status
rm "$pid_file"
configure 'no_such_option = 1'
check "start of a bad configuration: not configured" ends 6 \
    'no_such_option' start
check "an unknown action" ends 2 'usage' dance
check "no action" ends 2 'usage' ''
rm "$scratch/conf"
check "no configuration: not configured" ends 6 'is not there' start
defaults 'DAEMON=/nowhere'
check "no daemon: not installed" ends 5 'is not installed' start
finish
