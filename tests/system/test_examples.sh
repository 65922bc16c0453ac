#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The example modules as a stranger would build them: by their own makefiles,
# out of this tree, against what make install has installed; their unit
# tests; and each of them in the installed cohortd.
. "$(dirname "$0")/client_script.inc"
needs make pkg-config curl flock
pkg-config --exists jansson sqlite3 check || skip "no jansson, sqlite3, check"
needs_build cohortd libcohort.la src/cohort.pc

# variable NAME: as configure was told; a sysroot is not for these.
variable()
{
	PKG_CONFIG_SYSROOT_DIR='' PKG_CONFIG_PATH=$PWD/src \
	    pkg-config --variable="$1" cohort
}

# build NAME: in a copy.
build()
{
	cp -R "$top/contrib/examples/$1" "$scratch/$1" &&
	    chmod -R u+w "$scratch/$1" &&
	    make -C "$scratch/$1" CC="${CC:-cc}" \
		CFLAGS="-g -O2 -Wall -Wextra -Wshadow -Werror $flags" \
		"$2"
}

# serve MODULE [SETTING [OPTION]]: alone, at /.
serve()
{
	cat >"$scratch/conf" <<-CONF
	workers = 2
	pid_file = ""
	control_socket = ""
	state_directory = ""
	listen "127.0.0.1:0" { }
	host "*" { mount "/" {
		module = "$scratch/$1/$1.so"
		${3-}
		set { ${2-} }
	} }
	CONF
	start_daemon "$root$(variable prefix)/sbin/cohortd" -f \
	    -c "$scratch/conf"
}

# The first two of a stream that has no end: an event is three lines.
two_events()
{
	fetch /events -N 2>"$scratch/complaints" | head -n 6 >"$scratch/events"
	cat "$scratch/events"
	[ "$(grep -c '^event: time$' "$scratch/events")" -eq 2 ] &&
	    [ "$(grep -c '^data: 20[0-9T:-]*Z$' "$scratch/events")" -eq 2 ]
}

root=$scratch/root
flags=$(sanitizers)
check "make install" make_locked install DESTDIR="$root"
libdir=$root$(variable libdir)
export PKG_CONFIG_PATH="$libdir/pkgconfig"
export PKG_CONFIG_SYSROOT_DIR="$root"
export LD_LIBRARY_PATH="$libdir"

for example in hello keyvalue clock; do
	check "$example: builds" build "$example" all
	check "$example: its test" make -C "$scratch/$example" \
	    CC="${CC:-cc}" CFLAGS="-g -O2 $flags" check
done

serve hello 'greeting = "Good morning"'
check "hello greets" gives 'Good morning, world!' fetch /hello/world
stop_daemon

# Where the workers' user may write.
mkdir "$scratch/database"
chmod 777 "$scratch/database"
serve keyvalue "database = \"$scratch/database/test.db\"" \
    "write = \"$scratch/database\""
check "keyvalue stores" gives 201 status_of /keys/a -X PUT \
    -d '{"n": 1}'
check "keyvalue replaces" gives 204 status_of /keys/a -X PUT \
    -d '[1, 2]'
for attempt in 1 2 3 4 5 6; do
	check "keyvalue finds, $attempt" gives '[1, 2]' fetch /keys/a
done
check "keyvalue lists" gives '{"keys":["a"]}' fetch /keys
check "keyvalue removes" gives 204 status_of /keys/a -X DELETE
check "keyvalue has no more" gives 404 status_of /keys/a
stop_daemon

serve clock
check "clock has a page" gives EventSource fetch /
check "clock ticks" two_events
stop_daemon
finish
