#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Which file may include which: folders point one way,
#
#	base <- config, http <- ipc <- conn; config, http <- app;
#	conn <- http1; app, conn <- service, http1 <- worker <- master <- main
#	ipc <- ctl; base <- symbolize
#
# and some of what lies below is out of bounds all the same.
. "$(dirname "$0")/tree.sh"

# folder: what it may include, besides itself
cat >"$scratch/order" <<'END'
include
base
config base
http base include
ipc base config http
app base config http include
conn base config http ipc
http1 base config http ipc conn include
service base config http ipc app conn include
worker base config http ipc app conn http1 service include
master base config http ipc worker
symbolize base
ctl base config http ipc
main base config http ipc app conn http1 service worker master include
END

# folder: what its files must not reach by any chain of includes
cat >"$scratch/apart" <<'END'
main app conn http1 service
master app conn http1 service
http1 app
app conn ipc
conn app
ipc app conn
END

# header, as an expression: the folders that may include it
cat >"$scratch/system" <<'END'
event2/.*|event\.h|ev.*\.h conn worker master main
confuse\.h config
getopt\.h main ctl
END

# folder: headers, as an expression, that it does without
sockets='sys/socket\.h|sys/un\.h|sys/epoll\.h|sys/sendfile\.h|sys/uio\.h'
sockets="$sockets|netdb\\.h|netinet/.*|net/.*"
cat >"$scratch/without" <<END
base $sockets
config $sockets
http $sockets
http1 $sockets
app $sockets
service $sockets
END

# FILE:LINE: FROM TO KIND, one include a line; KIND is " or <, FROM and TO
# are paths below src; public headers are include/cohort/...
list_includes()
{
	code_of $(sources src) | sed -n 's/^\([^:]*:[0-9]*:\)[ 	]*#[ 	]*include[ 	]*\(["<]\)\([^">]*\)[">].*$/\1 \2 \3/p' |
	    awk '{
		from = $1
		sub(/^src\//, "", from)
		sub(/:.*/, "", from)
		to = $3
		if (to ~ /^cohort\//)
			to = "include/" to
		print $1, from, to, $2
	    }'
}
list_includes >"$scratch/includes"

# What the awk programs below share.
common='
	function folder(path)
	{
		if (path !~ /\//)
			return "main"
		sub(/\/.*/, "", path)
		return path
	}
'

qualified()
{
	awk -v "top=$top" '
	    $4 == "\"" && $3 !~ /\// && $3 != "config.h" {
		print $1, "\"" $3 "\" does not say its folder"
	    }
	    $4 == "\"" && $3 ~ /\// {
		if ((getline line <(top "/src/" $3)) < 0)
			print $1, "\"" $3 "\" is not in src/"
		close(top "/src/" $3)
	    }' "$scratch/includes"
}

one_way()
{
	awk "$common"'
	FNR == NR {
		known[$1] = 1
		for (i = 1; i <= NF; i++)
			may[$1, $i] = 1
		next
	}
	!(folder($2) in known) {
		print $1, "the order does not know the folder " folder($2)
		next
	}
	$3 == "config.h" || ($4 == "<" && $3 !~ /^include\//) { next }
	!((folder($2), folder($3)) in may) {
		print $1, folder($2) " does not include " folder($3) \
		    " (" $3 ")"
	}
	' "$scratch/order" "$scratch/includes"
}

apart()
{
	awk "$common"'
	function walk(at, chain,    i, next_)
	{
		if (seen[at]++)
			return
		if ((start, folder(at)) in never)
			print "src/" file ": reaches " at " by " chain
		for (i = 1; i <= count[at]; i++) {
			next_ = to[at, i]
			walk(next_, chain " " next_)
		}
	}
	FNR == NR {
		for (i = 2; i <= NF; i++)
			never[$1, $i] = 1
		apart[$1] = 1
		next
	}
	{
		files[$2] = 1
		to[$2, ++count[$2]] = $3
	}
	END {
		for (file in files) {
			start = folder(file)
			if (!(start in apart))
				continue
			for (at in seen)
				delete seen[at]
			walk(file, file)
		}
	}
	' "$scratch/apart" "$scratch/includes"
}

private()
{
	awk "$common"'
	$3 ~ /_private\.h$/ && folder($2) != folder($3) {
		print $1, $3 " is private to its folder"
	}
	$3 ~ /\.c$/ { print $1, $3 " is no header" }
	' "$scratch/includes"
}

acyclic()
{
	awk '$2 ~ /\.h$/ && $3 ~ /\.h$/ && $3 ~ /\// { print $2, $3 }' \
	    "$scratch/includes" >"$scratch/graph"
	tsort "$scratch/graph" >/dev/null
}

system()
{
	awk "$common"'
	FILENAME ~ /\/system$/ {
		only[$1] = 1
		for (i = 2; i <= NF; i++)
			may[$1, $i] = 1
		next
	}
	FILENAME ~ /\/without$/ {
		without[$1] = $2
		next
	}
	$4 == "\"" { next }
	{
		for (header in only)
			if ($3 ~ ("^(" header ")$") &&
			    !((header, folder($2)) in may))
				print $1, folder($2) " does without <" $3 ">"
		if (folder($2) in without &&
		    $3 ~ ("^(" without[folder($2)] ")$"))
			print $1, folder($2) " does without <" $3 ">"
	}
	' "$scratch/system" "$scratch/without" "$scratch/includes"
}

check "includes were found" test -s "$scratch/includes"
none "includes name their folder" qualified
none "folders point one way" one_way
none "who must not know of whom, does not" apart
none "private headers stay in their folder" private
check "headers do not include each other" acyclic
none "system headers stay where they belong" system
finish
