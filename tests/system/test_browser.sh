#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A browser, without a window, opens the example site and a handler's page,
# and fetches all that the site is made of.
. "$(dirname "$0")/client_script.inc"
needs chromium
needs_build cohortd tests/system/.libs/module_test.so

# Nothing of the one who runs the tests, and nothing from elsewhere.
browse()
{
	HOME=$scratch timeout -k 5 "$deadline" chromium --headless --no-sandbox \
	    --disable-gpu --disable-quic --no-first-run \
	    --disable-background-networking --disable-component-update \
	    --disable-sync --disable-dev-shm-usage \
	    --user-data-dir="$scratch/profile" --dump-dom "$base$1"
}

# was_sent TARGET: with 200.
was_sent()
{
	grep -F "\"GET $1 HTTP/1.1\" 200 " "$scratch/access" || {
		cat "$scratch/access"
		false
	}
}

cp tests/system/.libs/module_test.so "$scratch/"
cp -R "$top/contrib/examples/site" "$scratch/site"
chmod -R u+w,a+rX "$scratch/site"
cat >"$scratch/conf" <<CONF
workers = 2
pid_file = ""
control_socket = ""
state_directory = ""
access_log = "$scratch/access"
listen "127.0.0.1:0" { }
host "*" {
	mount "/" { module = "$scratch/module_test.so" }
	mount "/" { files = "$scratch/site" }
}
CONF

start_daemon ./cohortd -f -c "$scratch/conf"
check "the site" gives '</html>' browse /
check "its heading" grep -q '<h1' "$scratch/given"
check "a handler" gives 'Hello, world!' browse /hello/world
stop_daemon
for target in / /style.css /cohort.svg /hello/world; do
	check "$target was sent" was_sent "$target"
done
finish
