#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the linker sees: libcohort exports its public functions, the master
# calls nothing that runs applications or reads requests, and no object file
# has data that could be written.
. "$(dirname "$0")/tree.sh"
library=.libs/libcohort.so
needs_build "$library" src/master/.libs

# Compilers add symbols of their own when they instrument.
ours()
{
	grep -vE '^(__(asan|odr_asan|ubsan|sancov|gcov|llvm|start|stop)|_fini$|_init$|__bss_start$|_edata$|_end$)'
}

sed -n 's/^[ 	]*\(cohort_[a-z0-9_]*\);$/\1/p' "$top/src/libcohort.map" |
    sort >"$scratch/map"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' |
    sed 's/@.*//' | ours | sort >"$scratch/exported"
check "the map has functions" test -s "$scratch/map"
same "the library exports what the map says" "$scratch/map" \
    "$scratch/exported"

# OBJECT SYMBOL, as nm has them.
list_symbols()
{
	for object in "$1"/*.o; do
		object_symbols -P "$object" | sed "s|^|$object |"
	done
}

foreign()
{
	list_symbols src/master/.libs | awk '
	    $3 == "U" && $2 ~ /^(app|conn|h1|service|http)_/ {
		print $1 ": the master calls " $2
	    }'
}
list_symbols src/master/.libs >"$scratch/master"
check "the master has object files" grep -q . "$scratch/master"
none "the master calls nothing of app, conn and protocols" foreign

# The log sink with what it is doing, each thread's own; the process title;
# the crash slot.
writable()
{
	for object in src/.libs/*.o src/*/.libs/*.o; do
		object_symbols --format=sysv "$object" | tr -d ' ' | awk -F '|' \
		    -v "object=$object" '
		    $3 !~ /^[BbCcDdGgSs]$/ { next }
		    $7 ~ /^\.data\.rel\.ro/ { next }
		    { print object ": " $1 " (" $7 ")" }'
	done | grep -vE \
	    -e '^src/base/\.libs/base_log\.o: (sink|current|describing) ' \
	    -e '^src/base/\.libs/base_title\.o: title ' \
	    -e '^src/worker/\.libs/worker_crash\.o: slot ' \
	    -e ': (__(asan|odr_asan|sancov|gcov|llvm)|\.L|_ubsan)'
}
none "no data is writable" writable
finish
