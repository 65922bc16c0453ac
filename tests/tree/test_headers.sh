#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The headers' own rules: each compiles alone, the public ones as C99 and as
# C++11 and with nothing but four standard headers, and what they declare is
# what src/libcohort.map exports.
#
# Environment: srcdir (top of the source tree), CC, CXX, CPPFLAGS, and
# CONFIG_DIR (where config.h is, if the tree is configured).
set -u
LC_ALL=C
export LC_ALL

top=${srcdir:-$(dirname "$0")/../..}
cc=${CC:-cc}
cxx=${CXX:-c++}
public=$top/src/include/cohort
map=$top/src/libcohort.map
passed=0
failed=0

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# check LABEL COMMAND...: a test that passes if the command does.
check()
{
	label=$1
	shift
	if "$@" >"$scratch/output" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $label"
		sed 's/^/    /' "$scratch/output"
	fi
}

strict="-Wall -Wextra -pedantic -Werror -fsyntax-only"

# Compilers and flags are lists of words, so they stand unquoted.
public_c()
{
	$cc -std=c99 $strict "-I$top/src/include" -x c "$1"
}

public_cxx()
{
	$cxx -std=c++11 $strict "-I$top/src/include" -x c++ "$1"
}

private_c()
{
	$cc -std=gnu11 -D_GNU_SOURCE ${CPPFLAGS:-} \
	    ${CONFIG_DIR:+"-I$CONFIG_DIR"} "-I$top/src" \
	    "-I$top/src/include" -Wall -Wextra -Wno-unused-parameter \
	    -Werror -fsyntax-only -x c "$1"
}

# Succeeds if its input is empty, and shows it otherwise.
nothing()
{
	! grep . "$1"
}

# The declarations of the public headers, one a line: no comments, no
# preprocessor lines.
declarations()
{
	cat "$public"/*.h | awk '
	    {
		line = $0
		out = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				if (!at)
					break
				line = substr(line, at + 2)
				inside = 0
			} else {
				at = index(line, "/*")
				if (!at) {
					out = out line
					break
				}
				out = out substr(line, 1, at - 1)
				line = substr(line, at + 2)
				inside = 1
			}
		}
		skip = directive || out ~ /^[ \t]*#/
		directive = skip && out ~ /\\[ \t]*$/
		if (skip)
			next
		all = all " " out
	    }
	    END {
		count = split(all, parts, ";")
		for (i = 1; i <= count; i++) {
			gsub(/[ \t]+/, " ", parts[i])
			print parts[i]
		}
	    }'
}

cat >"$scratch/module.c" <<'EOF'
#include <cohort/cohort.h>
static int
setup(struct cohort_app *app)
{
	return cohort_get(app, "/", NULL, NULL);
}
COHORT_MODULE("test", setup);
EOF
sed 's/COHORT_MODULE/COHORT_MAIN/' "$scratch/module.c" >"$scratch/main.c"

for header in "$public"/*.h; do
	name=cohort/${header##*/}
	echo "#include <$name>" >"$scratch/alone.c"
	check "$name alone, C99" public_c "$scratch/alone.c"
	check "$name alone, C++11" public_cxx "$scratch/alone.c"
	grep '^[[:space:]]*#[[:space:]]*include' "$header" | grep -Ev \
	    '<(stdarg|stdbool|stddef|stdint|cohort/[a-z]+)\.h>$' \
	    >"$scratch/foreign"
	check "$name includes nothing foreign" nothing "$scratch/foreign"
done

for macro in module main; do
	check "$macro macro, C99" public_c "$scratch/$macro.c"
	check "$macro macro, C++11" public_cxx "$scratch/$macro.c"
done

for header in $(cd "$top/src" && find . -path ./include -prune -o \
    -name '*.h' -print | sort); do
	name=${header#./}
	echo "#include \"$name\"" >"$scratch/alone.c"
	check "$name alone" private_c "$scratch/alone.c"
done

declarations >"$scratch/declarations"
sed -n 's/^.*COHORT_EXPORT [^(]*[ *]\(cohort_[a-z0-9_]*\)(.*$/\1/p' \
    "$scratch/declarations" | sort >"$scratch/declared"
sed -n 's/^[[:space:]]*\(cohort_[a-z0-9_]*\);$/\1/p' "$map" \
    >"$scratch/exported"

check "functions are declared" test -s "$scratch/declared"
uniq -d "$scratch/declared" >"$scratch/twice"
check "no function is declared twice" nothing "$scratch/twice"
grep 'cohort_[a-z0-9_]*(' "$scratch/declarations" |
    grep -Ev 'COHORT_EXPORT|typedef ' >"$scratch/hidden"
check "every function is COHORT_EXPORT" nothing "$scratch/hidden"
check "the map is sorted" sort -c "$scratch/exported"
check "the map lists what is declared" diff "$scratch/declared" \
    "$scratch/exported"

echo "$passed passed, $failed failed"
test "$failed" -eq 0
