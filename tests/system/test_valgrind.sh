#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Start, load, reload, graceful stop under valgrind: neither the master nor
# any worker of two cohorts loses memory or touches what it may not.
# (valgrind 3.19 knows no openat2, so this is the fallback's test as well.)
. "$(dirname "$0")/client_script.inc"
needs valgrind curl
needs_build .libs/cohortd tests/system/.libs/module_test.so
[ -z "$(sanitizers)" ] || skip "the build is sanitized"

# Without libtool's script around the program.
libraries=$PWD/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# got SIZE COMMAND...: so many bytes.
got()
{
	size=$1
	shift
	"$@" >"$scratch/given" && [ "$(wc -c <"$scratch/given")" -eq "$size" ]
}

load()
{
	when=$1
	check "$when: handlers on one connection" \
	    gives 'Hello, 9!' fetch '/hello/[1-9]'
	check "$when: a stream" got 40960 fetch /stream/10
	check "$when: a wait" gives waited fetch /wait/20
	check "$when: a body" \
	    got 1048576 fetch /echo --data-binary "@$scratch/site/big"
	check "$when: a chunked body" got 1048576 fetch /echo -X POST \
	    -T "$scratch/site/big" -H 'Transfer-Encoding: chunked'
	check "$when: a directory" gives small fetch /files/
	check "$when: small files" gives small fetch '/files/small?[1-5]'
	check "$when: a large file" got 1048576 fetch /files/big
	check "$when: a range" got 1001 fetch /files/big -r 1000-2000
	check "$when: ranges" gives multipart fetch /files/big -r 0-9,20-29 \
	    -o /dev/null -w '%{content_type}'
	check "$when: a link" gives small fetch /files/link
	check "$when: HEAD" gives '200 OK' fetch /files/big -I
	for refused in /none:404 /refuse:422 /fail:500 /slow:503 \
	    /files/none:404 /files/../x:404 /files/out:403 /%zz:400; do
		check "$when: $refused" \
		    gives "${refused#*:}" status_of "${refused%:*}"
	done
	check "$when: a client that leaves" left
}

# In the middle of a response.
left()
{
	! fetch /forever --max-time 0.2 && ! fetch /large --limit-rate 1k \
	    --max-time 0.2
}

# Valgrind's verdict on each process.
clean()
{
	grep -L 'ERROR SUMMARY: 0 errors' "$scratch"/valgrind.* \
	    >"$scratch/dirty"
	xargs -r cat <"$scratch/dirty"
	[ ! -s "$scratch/dirty" ]
}

mkdir "$scratch/site"
cp tests/system/.libs/module_test.so "$scratch/"
head -c 1048576 /dev/zero | tr '\0' 'b' >"$scratch/site/big"
echo small >"$scratch/site/small"
ln -s small "$scratch/site/link"
ln -s ../conf "$scratch/site/out"
cat >"$scratch/conf" <<CONF
workers = 2
pid_file = ""
control_socket = ""
state_directory = ""
access_log = "$scratch/access"
listen "127.0.0.1:0" { }
host "*" {
	mount "/" { module = "$scratch/module_test.so" }
	mount "/files" { files = "$scratch/site" listing = true }
}
CONF

start_daemon env "LD_LIBRARY_PATH=$libraries" valgrind \
    --trace-children=yes --leak-check=full \
    --errors-for-leak-kinds=definite --error-exitcode=9 \
    --log-file="$scratch/valgrind.%p" .libs/cohortd -f -c "$scratch/conf"
load before
kill -HUP "$daemon"
check "it reloads" wait_log ' info: reloaded: cohort 2 '
load after
stop_daemon 'GET "/fail"$|GET "/slow",'
check "five processes were watched" \
    [ "$(find "$scratch" -name 'valgrind.*' | wc -l)" -ge 5 ]
check "valgrind has nothing to say" clean
finish
