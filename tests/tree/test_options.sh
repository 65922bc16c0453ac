#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the tables say, the documents say, and nothing else: options,
# command line, signals and exit codes.
. "$(dirname "$0")/tree.sh"
needs_build ./cohortd ./cohort.conf.5 ./etc/cohort.conf

src=$top/src
manual=$src/cohortd.8
readme=$top/README

# ---- options: SECTION NAME, one a line, sorted

sed -n 's/^OPTION(\([A-Z]*\), *\([a-z0-9_]*\),.*$/\1 \2/p' \
    "$src/config/config_option.tbl" | sort >"$scratch/table"

# Sections come in the order of the template, which names them.
sed -n 's/^@options \([A-Z]*\).*@$/\1/p' "$top/etc/cohort.conf.5.in" \
    >"$scratch/order"

# Its lists are those of the template.  "set" is no option: what stands in
# it is the modules' own.
manual_options()
{
	awk -v "order=$(tr '\n' ' ' <"$scratch/order")" '
	    BEGIN { split(order, section, " ") }
	    /^\.Sh / { outside = $2 != "DESCRIPTION" }
	    outside { next }
	    /^\.Bl / { n++ }
	    /^\.It Ic [a-z0-9_]* No = Ar / { print section[n], $3 }
	    ' ./cohort.conf.5
}
manual_options | sort >"$scratch/manual"

# The sections of a configuration file, read with its braces; a mount is
# what its options make it.  The modules' own settings are left out.
file_options()
{
	awk -v "table=$scratch/table" '
	    BEGIN {
		while ((getline line <table) > 0) {
			split(line, word, " ")
			known[word[1], word[2]] = 1
		}
	    }
	    function section_of(name)
	    {
		if (within[depth] != "mount")
			return depth == 0 ? "ROOT" : toupper(within[depth])
		if (("MOUNT", name) in known)
			return "MOUNT"
		return kind
	    }
	    $NF == "{" {
		within[++depth] = $1
		kind = "UNKNOWN"
		next
	    }
	    $1 == "}" { depth--; next }
	    within[depth] == "set" { next }
	    $2 == "=" {
		if (within[depth] == "mount" && (toupper($1), $1) in known)
			kind = toupper($1)
		print section_of($1), $1
	    }' "$1"
}

# Prose begins with "# ", the rest is configuration.
sed -e '/^# /d' -e '/^#$/d' -e 's/^#//' ./etc/cohort.conf >"$scratch/sample.conf"

# Everything that can be mounted, so that -T has something to print, where
# the user that workers become can read it.
module=$scratch/module.so
cp tests/system/.libs/module_test.so "$module" 2>/dev/null
{
	echo 'listen "127.0.0.1:0" {}'
	echo 'host "*" {'
	echo 'mount "/" { files = "/" }'
	echo 'mount "/old" { redirect = "/new" }'
	test ! -e "$module" ||
	    echo "mount \"/module\" { module = \"$module\" }"
	echo '}'
} >"$scratch/all.conf"
chmod -R a+rX "$scratch"

print_settings()
{
	./cohortd -T -c "$scratch/all.conf" >"$scratch/settings"
}

# What it prints it takes.
settings_again()
{
	./cohortd -T -c "$scratch/settings" >"$scratch/again" &&
	    diff "$scratch/settings" "$scratch/again"
}

check "cohortd -T prints its settings" print_settings
check "cohortd -T takes what it prints" settings_again
check "the table has options" test -s "$scratch/table"
same "cohort.conf(5) has the options" "$scratch/table" "$scratch/manual"
file_options "$scratch/sample.conf" | sort >"$scratch/sample"
same "etc/cohort.conf has the options" "$scratch/table" "$scratch/sample"
# What holds for each mount stands in each.
{
	file_options "$scratch/settings"
	test -e "$module" || echo MODULE module
} | sort -u >"$scratch/effective"
same "cohortd -T has the options" "$scratch/table" "$scratch/effective"

# ---- limits and deadlines: what a client can be measured by, in README

sed -n -e 's/^OPTION(\(HTTP\|LISTEN\), *\([a-z0-9_]*\), *\(COUNT\|DURATION\|SIZE\), *"\([^"]*\)".*$/\2 \4/p' \
    -e 's/^OPTION(ROOT, *\(max_[a-z]*_*connections\), *COUNT, *"\([^"]*\)".*$/\1 \2/p' \
    "$src/config/config_option.tbl" | sort >"$scratch/limits"
check "the table has limits" test -s "$scratch/limits"
sed -n '/^Limits and deadlines$/,/^When you reload$/p' "$readme" |
    sed -n 's/^    \([a-z_]*\)  *\([0-9][0-9a-z]*\)  [^ ].*$/\1 \2/p' |
    sort >"$scratch/readme_limits"
same "README has the limits and their defaults" "$scratch/limits" \
    "$scratch/readme_limits"

# ---- the command line

sed -n 's/.*getopt(argc, argv, "\([A-Za-z:]*\)").*/\1/p' "$src/main.c" |
    tr -d : | sed 's/./&\
/g' | grep . | sort >"$scratch/letters"
check "main.c has options" test -s "$scratch/letters"

# section NAME: the lines of a section of the manual.
section()
{
	sed -n "/^\\.Sh $1\$/,/^\\.Sh /p" "$manual"
}

section DESCRIPTION | sed -n 's/^\.It Fl \([A-Za-z]\)\( .*\)*$/\1/p' |
    sort >"$scratch/described"
same "cohortd(8) describes the options" "$scratch/letters" \
    "$scratch/described"
section SYNOPSIS | sed -n 's/^\.Op Fl //p' | sed 's/ Ar .*//' |
    tr -d '|' | tr -s ' ' '\n' | grep . | sort >"$scratch/synopsis"
same "cohortd(8)'s synopsis has the options" "$scratch/letters" \
    "$scratch/synopsis"
sed -n '/^static const char usage_text/,/;$/p' "$src/main.c" |
    grep -oE '(^|[^A-Za-z])-[A-Za-z]([^A-Za-z]|$)' |
    sed 's/.*-\(.\).*/\1/' | sort -u >"$scratch/usage"
same "the usage has the options" "$scratch/letters" "$scratch/usage"

# An option that takes an argument says so.
arguments()
{
	sed -n 's/.*getopt(argc, argv, "\([A-Za-z:]*\)").*/\1/p' \
	    "$src/main.c" | grep -o '[A-Za-z]:' | tr -d : |
	    while read -r letter; do
		section DESCRIPTION | grep -q "^\\.It Fl $letter Ar " ||
		    echo "src/cohortd.8: -$letter takes an argument"
	done
}
none "cohortd(8) names the options' arguments" arguments

# ---- signals

sed -n 's/^MASTER_SIGNAL(\([A-Z0-9]*\), *"\([a-z]*\)".*$/\1 \2/p' \
    "$src/master/master_signal.tbl" | grep -v '^CHLD ' >"$scratch/signals"
sed 's/ .*//' "$scratch/signals" | sort >"$scratch/names"
sed -n 's/^[A-Z0-9]* \([a-z]\)/\1/p' "$scratch/signals" | sort \
    >"$scratch/words"
check "the table has signals" test -s "$scratch/names"
check "the table has words" test -s "$scratch/words"

section SIGNALS | sed -n 's/^\.It Dv //p' | tr -s ' ,' '\n' |
    sed -n 's/^SIG//p' | sort >"$scratch/explained"
same "cohortd(8) has the signals" "$scratch/names" "$scratch/explained"

silent_signals()
{
	section SIGNALS | awk '
	    item != "" && /^\.(It|El)/ { print "src/cohortd.8: " item }
	    { item = "" }
	    /^\.It/ { item = $0 " says nothing" }'
}
none "cohortd(8) says what signals do" silent_signals

section DESCRIPTION | awk '
    /^\.It / { in_s = /^\.It Fl s / }
    in_s && /^\.Cm / { print $2 }' | sort >"$scratch/commands"
same "cohortd(8) has the words of -s" "$scratch/words" "$scratch/commands"
sed -n '/^static const char usage_text/,/;$/p' "$src/main.c" |
    sed -n 's/.*-s  signal the running daemon: \(.*\)\\n".*/\1/p' |
    sed 's/,/ /g; s/ or / /g' | tr -s ' ' '\n' | grep . | sort >"$scratch/said_words"
same "the usage has the words of -s" "$scratch/words" "$scratch/said_words"

# From a line of README to the next heading or paragraph behind its list.
sed -n '/^Signals to the master:/,/^Exit codes/p' "$readme" |
    sed -n 's/^    \([A-Z][A-Z0-9]*\(, [A-Z0-9]*\)*\)  *[a-z].*$/\1/p' |
    tr -s ' ,' '\n' | sort >"$scratch/readme_signals"
same "README has the signals" "$scratch/names" "$scratch/readme_signals"

# ---- exit codes

sed -n 's/^IPC_EXIT([A-Z]*, *\([0-9]*\),.*$/\1/p' \
    "$src/ipc/ipc_exit.tbl" | sort >"$scratch/codes"
check "the table has exit codes" test -s "$scratch/codes"
section 'EXIT STATUS' | sed -n 's/^\.It \([0-9]*\)$/\1/p' | sort \
    >"$scratch/manual_codes"
same "cohortd(8) has the exit codes" "$scratch/codes" \
    "$scratch/manual_codes"
sed -n '/^Exit codes/,/^$/p' "$readme" | grep -oE '[0-9]+' | sort \
    >"$scratch/readme_codes"
same "README has the exit codes" "$scratch/codes" "$scratch/readme_codes"
finish
