#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What is called how: the top level, the prefixes of file names, and for
# each source file its unit test.
. "$(dirname "$0")/tree.sh"

# folder: the noun its file names begin with
cat >"$scratch/nouns" <<'END'
base base
config config
http http
ipc ipc
conn conn
http1 h1
app app
service service
worker worker
master master
symbolize symbolize
ctl ctl
END

# What stands beside the folders of src.
cat >"$scratch/beside" <<'END'
cohort.pc.in
cohortctl.8
cohortd.8
cohortd.c
document.c
libcohort.map
main.c
END

# Source files without a unit test of their own, and where instead they are
# tested: a file of tests, or "system" for those that are calls to the
# system from end to end, or nothing but a table of others' functions.
cat >"$scratch/elsewhere" <<'END'
app_candidate tests/unit/test_app_dispatch.c guards and methods of routes
app_declare tests/unit/test_app_scope.c scopes, as modules declare them
app_failure tests/unit/test_app_verdict.c a failure is a verdict
app_lease tests/unit/test_app_job.c memory of requests that jobs outlive
app_log tests/unit/test_app_request.c its context is a request's
app_memory tests/unit/test_app_request.c it is a request's arena
app_route tests/unit/test_app_router.c routes, as modules declare them
app_test_exchange tests/unit/test_app_test.c parts of <cohort/test.h>
app_test_host tests/unit/test_app_test.c parts of <cohort/test.h>
app_test_log tests/unit/test_app_test.c parts of <cohort/test.h>
app_test_request tests/unit/test_app_test.c parts of <cohort/test.h>
app_tree tests/unit/test_app_router.c the router's lookup
base_panic tests/unit/test_base_log.c it logs and aborts
config_build tests/unit/test_config_parse.c file to settings
config_list tests/unit/test_config_option.c values of options
config_tree tests/unit/test_config_parse.c file to sections
conn_refuse tests/unit/test_conn_client.c its clients are refused with it
ctl system the command from end to end
ctl_crashes system a table of replies of the daemon
ctl_gdb tests/system/test_gdb.c it becomes gdb
ctl_order tests/system/test_orders.c an order and its reply
ctl_quarantine system a table of replies of the daemon
ctl_socket system it talks to the daemon
ctl_state tests/system/test_gdb.c records of a daemon and of its file
ctl_status system a table of replies of the daemon
ctl_top tests/system/test_orders.c a table of replies of the daemon
h1 tests/unit/test_h1_protocol.c parts of one protocol
h1_connection tests/unit/test_h1_protocol.c parts of one protocol
h1_exchange tests/unit/test_h1_protocol.c parts of one protocol
h1_refuse tests/unit/test_h1_protocol.c parts of one protocol
h1_state tests/unit/test_h1_protocol.c parts of one protocol
h1_step tests/unit/test_h1_protocol.c parts of one protocol
http_node tests/unit/test_http_forwarded.c elements of fields
master system the order of a daemon's life
master_batch tests/unit/test_master_orphan.c batches on their way
master_channel system messages from and to live workers
master_check tests/system/test_self_check.c workers that are asked
master_child tests/unit/test_master_symbolize.c what a child inherits
master_cohort system needs workers that live and die
master_cohort_parts system made of what the system gives
master_command tests/system/test_control.c a table of others' functions
master_control tests/system/test_control.c sockets
master_control_client tests/system/test_control.c sockets
master_control_socket tests/system/test_control.c sockets
master_crashes_file tests/unit/test_master_crashes.c the list's file
master_daemon system fork and terminal
master_death system the end of a process; its lifetime tests/unit/test_master_orphan.c
master_death_facts system what workers that died have left
master_forget tests/system/test_handover.c needs workers that retire
master_frames tests/unit/test_master_symbolize.c question and answer
master_hang system needs threads that hang
master_inherit tests/system/test_upgrade.c what an image finds
master_limits system the limits of a process
master_manager tests/system/test_notify.c what is told when
master_offer tests/unit/test_master_orphan.c who gets a batch
master_order tests/system/test_order_waits.c orders that take their time
master_pause tests/system/test_pause.c needs workers that accept
master_probation tests/system/test_probation.c cohorts that crash
master_probe tests/system/test_upgrade.c a new program
master_quarantine_cohort tests/unit/test_master_quarantine.c after a reload
master_quarantine_report tests/unit/test_master_quarantine.c the list
master_quarantine_table tests/unit/test_master_quarantine.c its places
master_quarantine_words tests/unit/test_master_quarantine.c lines of the log
master_recycle tests/system/test_recycle.c needs workers that serve
master_reload system the order of a reload
master_reload_settings tests/system/test_reload.c what a reload may change
master_reload_words tests/system/test_reload_answer.c what is said of one
master_reopen tests/system/test_pause.c needs workers that write logs
master_resume tests/system/test_upgrade.c an image that takes over
master_running tests/system/test_orders.c it is the daemon's client
master_signal system signals
master_socket system sockets
master_state_control tests/system/test_upgrade.c clients that go along
master_state_member tests/unit/test_master_state.c members of a state
master_state_mounts tests/unit/test_master_state.c a part of a state
master_state_put tests/unit/test_master_state.c a whole state
master_state_quarantine tests/unit/test_master_state.c a part of a state
master_state_table tests/unit/test_master_state.c members of a state
master_state_take tests/unit/test_master_state.c a whole state
master_status tests/system/test_control.c the state of live workers
master_status_worker tests/system/test_control.c the state of live workers
master_upgrade tests/system/test_upgrade.c a running daemon
master_upgrade_exec tests/system/test_upgrade.c a new program
master_wait tests/system/test_order_waits.c orders and their ends
master_warning system needs threads that hang
master_worker system what it does, it does to a process
master_workers tests/system/test_orders.c needs workers that start
service system a table of services
symbolize tests/unit/test_master_symbolize.c the whole program
symbolize_names tests/unit/test_master_symbolize.c the whole program
worker_accept tests/unit/test_worker.c a whole worker
worker_adopt tests/system/test_adoption.c a batch, from master to loop
worker_become tests/unit/test_worker.c a whole worker
worker_capabilities tests/system/test_sandbox.c what a worker holds
worker_channel tests/unit/test_worker.c a whole worker
worker_check tests/unit/test_worker.c a whole worker
worker_connections tests/unit/test_worker.c a whole worker
worker_core tests/system/test_core.c cores of real crashes
worker_crash tests/system/test_crash_kind.c a process that crashes
worker_crash_deny tests/system/test_sandbox.c calls of handlers
worker_crash_hand tests/system/test_containment.c a process that crashes
worker_crash_install tests/system/test_crash_kind.c a process that crashes
worker_crash_report tests/system/test_crash_record.c a process that crashes
worker_crash_result tests/unit/test_worker_seccomp.c what a call returns
worker_crash_send tests/system/test_containment.c a process that crashes
worker_crash_stop tests/system/test_crash_answer.c threads that crash
worker_hand tests/unit/test_worker.c a whole worker
worker_host tests/unit/test_worker.c a whole worker
worker_landlock tests/system/test_sandbox.c what a module may open
worker_quarantine tests/system/test_quarantine.c needs a master that decides
worker_retire tests/unit/test_worker.c a whole worker
worker_running tests/system/test_crash_record.c what the record says
worker_sandbox tests/system/test_sandbox.c an order of steps
worker_self_check tests/system/test_self_check.c workers that are asked
END

# Public headers are the one exception to unique names: cohort/ is theirs.
find "$top/src" -type f ! -path "$top/src/include/*" | sed "s|^$top/||" |
    sort >"$scratch/files"

twice()
{
	awk -F/ '
	    $NF in first { print $0 ": is called as " first[$NF] }
	    { first[$NF] = $0 }' "$scratch/files"
}

prefixed()
{
	awk -F/ '
	    FILENAME ~ /nouns$/ { split($0, word, " "); noun[word[1]] = word[2] }
	    FILENAME ~ /beside$/ { beside[$0] = 1 }
	    FILENAME !~ /files$/ { next }
	    NF == 2 && !($2 in beside) { print $0 ": does not belong there" }
	    NF == 2 { next }
	    NF > 3 || !($2 in noun) { print $0 ": unknown folder"; next }
	    $3 !~ ("^" noun[$2] "(_[a-z0-9_]+)?\\.(c|h|tbl)$") {
		print $0 ": does not begin with " noun[$2]
	    }' "$scratch/nouns" "$scratch/beside" "$scratch/files"
}

# Of the system's tests, some are scripts, or have a table; a module or a client
# is what a test loads or runs.
tests_named()
{
	find "$top/tests/unit" "$top/tests/system" -type f |
	    sed "s|^$top/||" | grep -vE \
	    -e '^tests/unit/test_[a-z0-9_]+\.[ch]$' \
	    -e '^tests/system/test_[a-z0-9_]+\.(c|h|sh|tbl)$' \
	    -e '^tests/system/module_[a-z0-9_]+\.c$' \
	    -e '^tests/system/client_[a-z0-9_]+\.[a-z]+$' |
	    sed 's/$/: is no test, module or client/'
}

untested()
{
	grep '^src/[^/]*/.*\.c$' "$scratch/files" | while read -r file; do
		name=${file##*/}
		name=${name%.c}
		test -e "$top/tests/unit/test_$name.c" ||
		    grep -q "^$name " "$scratch/elsewhere" ||
		    echo "$file: has no tests/unit/test_$name.c"
	done
}

# The map at the top of master_private.h, both ways.
unmapped()
{
	sed -n '1,/\*\//s/^ \*\t............ //p' \
	    "$top/src/master/master_private.h" | tr -s ' ' '\n' |
	    sort >"$scratch/mapped"
	sed -n 's|^src/master/master_\{0,1\}\(.*\)\.c$|\1|p' \
	    "$scratch/files" | sed 's/^$/master/' | sort |
	    diff - "$scratch/mapped"
}

# An exception that is none any more hides the next one.
stale()
{
	while read -r name where why; do
		grep -q "/$name\\.c\$" "$scratch/files" ||
		    echo "$name: excused, but not there"
		test ! -e "$top/tests/unit/test_$name.c" ||
		    echo "$name: excused, but tests/unit/test_$name.c is there"
		case $where in
		system) ls "$top"/tests/system/test_*.c >/dev/null ;;
		*) test -e "$top/$where" || echo "$name: no $where" ;;
		esac
		test -n "$why" || echo "$name: excused without a reason"
	done <"$scratch/elsewhere"
}

orphans()
{
	for file in "$top"/tests/unit/test_*.c; do
		name=${file##*/test_}
		case $name in h1_wire.c | h1_differential.c) continue ;; esac # a corpus
		grep -qE "/${name%.c}\\.[ch]\$" "$scratch/files" ||
		    echo "tests/unit/test_$name: no such file in src"
	done
}

missing_top()
{
	for name in configure.ac Makefile.am src tests contrib etc README \
	    COPYING NEWS; do
		test -e "$top/$name" || echo "$name: is missing"
	done
}

stray_top()
{
	git -C "$top" ls-files | sed 's|/.*||' | sort -u | grep -vE \
	    '^(configure\.ac|Makefile\.am|src|tests|contrib|etc|README|COPYING|NEWS|\..*)$' |
	    sed 's/$/: does not belong to the top level/'
}

generated()
{
	git -C "$top" ls-files -ci --exclude-standard |
	    sed 's/$/: is generated, and committed/'
}

check "files were found" test -s "$scratch/files"
none "no name stands twice" twice
none "names begin with their folder's noun" prefixed
none "tests are named for what they are" tests_named
none "what computes something has a unit test" untested
none "what has none has a reason" stale
none "unit tests have a source file" orphans
none "the map of master/ has each file once" unmapped
none "the top level is there" missing_top
if is_repository; then
	none "the top level has nothing else" stray_top
	none "nothing generated is committed" generated
fi
finish
