#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The unit files: systemd finds nothing wrong in them, and with the
# capabilities of the service and no other the daemon does all it must.
. "$(dirname "$0")/client_script.inc"
needs_build ./cohortd

units=$scratch/units
mkdir "$units"
sed -e "s|@sbindir@|$PWD|" -e "s|@sysconfdir@|$scratch|" \
    "$top/contrib/systemd/cohortd.service.in" >"$units/cohortd.service"
cp "$top/contrib/systemd/cohortd.socket" "$units"

# What it depends on need not be here, nor manuals be installed.
verified()
{
	systemd-analyze verify "$units/cohortd.service" \
	    "$units/cohortd.socket" 2>&1 |
	    grep "$units" >"$scratch/wrong"
	nothing "$scratch/wrong"
}

# As setpriv(1) has it: +net_bind_service,+setuid...
capabilities()
{
	sed -n 's/^CapabilityBoundingSet=//p' "$units/cohortd.service" |
	    tr ' ' '\n' | sed 's/^CAP_/+/' | tr 'A-Z\n' 'a-z,' |
	    sed 's/,$//'
}

serve()
{
	cat >"$scratch/conf" <<-END
	workers = 2
	user = "www-data"
	pid_file = "$scratch/run/pid"
	control_socket = "$scratch/run/control"
	state_directory = "$scratch/state"
	core_dumps = true
	core_directory = "$scratch/cores"
	listen "127.0.0.1:0" { }
	listen "unix:$scratch/run/http" { mode = "0660" }
	host "*" { mount "/" { files = "$scratch/site" } }
	END
	start_daemon setpriv --no-new-privs \
	    --bounding-set="-all,$(capabilities)" ./cohortd -f \
	    -c "$scratch/conf"
}

has_capabilities()
{
	wanted=$(capabilities | tr ',' '\n' | grep -c .)
	have=$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$daemon/status")
	[ "$(printf '%d' "0x$have" | awk '{
		for (n = 0; $1 > 0; $1 = int($1 / 2))
			n += $1 % 2
		print n }')" -eq "$wanted" ]
}

if command -v systemd-analyze >/dev/null; then
	check "systemd-analyze verify" verified
fi
if [ "$(id -u)" -eq 0 ] && getent passwd www-data >/dev/null &&
    command -v setpriv >/dev/null && command -v curl >/dev/null; then
	mkdir "$scratch/site"
	echo hello >"$scratch/site/file"
	serve
	check "it has what the unit grants" has_capabilities
	check "it answers" gives hello fetch /file
	kill -HUP "$daemon"
	check "it reloads" wait_log ' reloaded: '
	check "it answers again" gives hello fetch /file
	stop_daemon
fi
[ "$passed" -gt 0 ] || [ "$failed" -gt 0 ] ||
    skip "no systemd-analyze, and not root"
finish
