#!/bin/sh
# SPDX-License-Identifier: ISC
#
# A magic tells one kind of object from all others, so no two are the same.
. "$(dirname "$0")/tree.sh"

code_of $(sources src) |
    sed -n 's/^\([^:]*:[0-9]*:\)#define[ 	]*\([A-Z0-9_]*_MAGIC\)[ 	]*\(.*\)$/\1 \2 \3/p' \
    >"$scratch/magics"

form()
{
	awk '$3 !~ /^0x[0-9a-f]*u$/ || length($3) != 11 || NF != 3 {
		print $1, $2 " is no 0x and 8 hex digits and u: " $3
	}' "$scratch/magics"
}

twice()
{
	awk '
	    $3 in value { print $1, $2 " is " $3 " as " value[$3] }
	    $2 in name { print $1, $2 " is defined at " name[$2] " too" }
	    {
		value[$3] = $2
		name[$2] = $1
	    }' "$scratch/magics"
}

# A magic that looks like anything else that is in memory tells nothing.
common()
{
	awk '$3 ~ /^0x(0000|ffff)/ || $3 ~ /(0000|ffff)u$/ {
		print $1, $2 " is not random: " $3
	}' "$scratch/magics"
}

unused()
{
	code_of $(sources src) >"$scratch/code"
	while read -r where name value; do
		uses=$(grep -cw "$name" "$scratch/code")
		test "$uses" -gt 1 || echo "$where $name is not used"
	done <"$scratch/magics"
}

check "magics were found" test -s "$scratch/magics"
none "magics have the form of one" form
none "no magic stands twice" twice
none "magics are random" common
none "magics are used" unused
finish
