# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Sourced by the scripts of tests/tree: the tree's own rules.  Each script
# says what is wrong as FILE:LINE: what, and ends in "N passed, N failed".
#
# Environment: srcdir, the top of the source tree.  The working directory is
# the top of the build tree, where a script looks at what was built.
set -u
LC_ALL=C
export LC_ALL

top=${srcdir:-$(dirname "$0")/../..}
passed=0
failed=0

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# check LABEL COMMAND...: passes if the command does; what it says is shown
# if not.
check()
{
	label=$1
	shift
	if "$@" >"$scratch/said" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $label"
		sed 's/^/    /' "$scratch/said"
	fi
}

# none LABEL COMMAND...: passes if the command says nothing.
none()
{
	label=$1
	shift
	"$@" >"$scratch/found" 2>&1
	check "$label" nothing "$scratch/found"
}

# The symbols that an object file has for the linker, and not those that its
# part for link-time optimization tells of, where what the compiler itself
# calls (memcpy) is missing.
object_symbols()
{
	nm --plugin=/dev/null "$@"
}

nothing()
{
	! grep . "$1"
}

# same LABEL FILE FILE: passes if both hold the same lines.
same()
{
	check "$1" diff -U 0 "$2" "$3"
}

# skip WHY: there is nothing that the script could look at.
skip()
{
	echo "skipped: $1"
	exit 77
}

finish()
{
	echo "$passed passed, $failed failed"
	test "$failed" -eq 0
	exit
}

# needs_build FILE...: what the script looks at in the build tree.
needs_build()
{
	for file in "$@"; do
		test -e "$file" || skip "no $file here: run make check"
	done
}

# What autoreconf, configure and make leave in a release's folder.
made='^(_build|_inst|build-aux|m4|autom4te.cache)/|^(aclocal.m4|configure|config.h.in~?|Makefile.in)$|^\.(dist)?version$|\.dirstamp$'

# tracked: the files git knows or would take, or those that are there.
tracked()
{
	if is_repository; then
		git -C "$top" ls-files --cached --others --exclude-standard
	else
		(cd "$top" && find . -type f) | sed 's|^\./||' |
		    grep -vE "$made"
	fi
}

# Not so in a release, even if it was unpacked within a repository.
is_repository()
{
	test -e "$top/.git" && git -C "$top" ls-files >/dev/null 2>&1
}

# A text with its C comments as blanks, so that line numbers stay; read from
# a file, as FILE:LINE:TEXT.
code_of()
{
	awk -v "top=$top/" '
	    FNR == 1 { inside = 0; name = substr(FILENAME, length(top) + 1) }
	    {
		line = $0
		out = ""
		while (line != "") {
			mark = inside ? "*/" : "/*"
			at = index(line, mark)
			if (!at) {
				if (!inside)
					out = out line
				break
			}
			if (!inside)
				out = out substr(line, 1, at - 1) " "
			line = substr(line, at + 2)
			inside = !inside
		}
		print name ":" FNR ":" out
	    }' "$@"
}

# sources FOLDER...: C files below these folders of the tree.
sources()
{
	for folder in "$@"; do
		find "$top/$folder" -name '*.[ch]'
	done | sort
}
