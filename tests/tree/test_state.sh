#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Each state machine has a table and one writer: the place where its state
# member is assigned.  An object's first state may stand in the initializer
# that makes it.
. "$(dirname "$0")/tree.sh"

# folder, the member's object as an expression, the one file that writes it,
# how many assignments that has ("-": any)
cat >"$scratch/machines" <<'END'
conn conn conn_state.c 1
http1 connection h1_state.c 1
worker worker worker_state.c 1
master worker master_worker.c 1
master cohort master_cohort.c -
master reload master_reload.c 1
master master master.c -
END

# The assignments of state members: FILE:LINE: OBJECT.
assignments()
{
	code_of $(sources src) |
	    grep -E '[a-z_0-9]+(->|\.)state[[:space:]]*(=[^=]|[-+|&^]=|\+\+|--)|&[a-z_0-9]+(->|\.)state([^a-z_]|$)' |
	    sed 's/^\([^:]*:[0-9]*:\).*[^a-z_0-9]\([a-z_0-9]*\)\(->\|\.\)state.*$/\1 \2/'
}
assignments >"$scratch/assignments"

one_writer()
{
	awk -v "folder=$1" -v "object=$2" -v "writer=$3" '
	    index($1, "src/" folder "/") == 1 && $2 == object &&
	    index($1, "src/" folder "/" writer ":") != 1 {
		print $1, object "->state is written by " writer " only"
	    }' "$scratch/assignments"
}

count()
{
	grep "^src/$1/$3:" "$scratch/assignments" | grep -c " $2\$"
}

while read -r folder object writer times; do
	none "$folder: $object->state has one writer" \
	    one_writer "$folder" "$object" "$writer"
	test "$times" = - && continue
	check "$folder/$writer writes $object->state at $times place" \
	    test "$(count "$folder" "$object" "$writer")" -eq "$times"
done <"$scratch/machines"
check "masters and cohorts have states" test "$(count master cohort \
    master_cohort.c)" -gt 0 -a "$(count master master master.c)" -gt 0
finish
