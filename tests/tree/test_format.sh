#!/bin/sh
# SPDX-License-Identifier: ISC
#
# C files look as .clang-format says, and no line is longer than 80 columns
# but where clang-format is off and in tables.
. "$(dirname "$0")/tree.sh"

tracked | grep -E '^(src|tests|contrib)/.*\.[ch]$' | while read -r file; do
	test ! -e "$top/$file" || echo "$file"
done >"$scratch/files"

# Other versions see some things in another way.
formatter()
{
	for program in clang-format-14 clang-format; do
		case $($program --version 2>/dev/null) in
		*' version 14.'*) echo $program; return ;;
		esac
	done
}

wide()
{
	while read -r file; do
		expand "$top/$file" | awk -v "file=$file" '
		    /clang-format off/ { off = 1 }
		    /clang-format on/ { off = 0 }
		    !off && length($0) > 80 {
			print file ":" FNR ": " length($0) " columns"
		    }'
	done <"$scratch/files"
}

formatted()
{
	(cd "$top" && xargs "$1" --dry-run -Werror --ferror-limit=3 \
	    <"$scratch/files" 2>&1) | sed -n 's/: error: .*/: format/p'
}

check "files were found" test -s "$scratch/files"
none "no line is too long" wide
program=$(formatter)
if test -n "$program"; then
	none "$program has nothing to change" formatted "$program"
else
	echo "skipped: clang-format 14 is not installed"
fi
finish
