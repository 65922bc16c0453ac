#!/bin/sh
# SPDX-License-Identifier: ISC
#
# make install puts exactly what it should where it should, for a compiler,
# for man(1), for whoever starts it; make uninstall leaves what is the
# operator's.
. "$(dirname "$0")/client_script.inc"
needs make pkg-config flock
needs_build cohortd libcohort.la src/cohort.pc

root=$scratch/root
prefix=/opt/cohort
conf=$root/etc/opt/cohort.conf

# Not where configure was told: make's variables have the last word.
installing()
{
	make_locked "$@" DESTDIR="$root" prefix="$prefix" \
	    sysconfdir=/etc/opt
}

found()
{
	(cd "$root" && find . ! -type d | sed 's/^\.//' | sort)
}

# Where units go, by what configure was told; nothing when nowhere.
units()
{
	sed -n 's|^systemdsystemunitdir = ||p' Makefile | grep -v '^no$' |
	    sed "s|^\${prefix}|$prefix|"
}

# The unit has the paths of this installation.
unit_paths()
{
	for unit in $(units); do
		grep -F -x \
		    "ExecStart=$prefix/sbin/cohortd -f -c /etc/opt/cohort.conf" \
		    "$root$unit/cohortd.service" &&
		    ! grep '@[a-z]*@' "$root$unit/cohortd.service" || return
	done
}

expected()
{
	{
		echo /etc/opt/cohort.conf
		for header in "$top"/src/include/cohort/*.h; do
			echo "$prefix/include/cohort/${header##*/}"
		done
		for suffix in la so so.0 so.0.0.0; do
			echo "$prefix/lib/libcohort.$suffix"
		done
		echo "$prefix/lib/pkgconfig/cohort.pc"
		units | sed 's|$|/cohortd.service|'
		units | sed 's|$|/cohortd.socket|'
		echo "$prefix/libexec/cohort/cohort-symbolize"
		echo "$prefix/sbin/cohortctl"
		echo "$prefix/sbin/cohortd"
		for program in cohortctl cohortd; do
			echo "$prefix/share/bash-completion/completions/$program"
		done
		echo "$prefix/share/man/man5/cohort.conf.5"
		echo "$prefix/share/man/man8/cohortctl.8"
		echo "$prefix/share/man/man8/cohortd.8"
	} | sort
}

# installed LABEL COMMAND...: exactly what the command says is there.
installed()
{
	installed_label=$1
	shift
	found >"$scratch/is"
	"$@" >"$scratch/shall"
	same "$installed_label" "$scratch/shall" "$scratch/is"
}

package()
{
	PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig pkg-config "$@" cohort
}

run_installed()
{
	LD_LIBRARY_PATH=$root$prefix/lib "$root$prefix/sbin/cohortd" "$@"
}

# The prefix that was configured may itself lie there, as in make distcheck.
no_build_directory()
{
	configured=$(sed -n 's/^prefix = //p' Makefile)
	! readelf -d "$root$prefix/sbin/cohortd" \
	    "$root$prefix/lib/libcohort.so" | grep -E 'PATH' |
	    grep -vF "[$configured/lib]" | grep -F -e "$PWD" -e "$top"
}

# Nobody but the owner may change what everybody runs.
modes()
{
	[ -z "$(find "$root" ! -type l -perm /022)" ] &&
	    [ -z "$(find "$root" -type f ! -perm -444)" ] &&
	    [ -x "$root$prefix/sbin/cohortd" ]
}

umask 022
check "make install" installing install
installed "what is installed" expected
check "modes" modes
check "the unit starts what was installed" unit_paths
check "cohort.pc knows its version" \
    gives "$(sed -n 's/^VERSION = //p' Makefile)" package --modversion
check "cohort.pc links the library" gives -lcohort package --libs
check "nothing but the library" [ "$(package --libs | wc -w)" -le 2 ]
check "the installed cohortd runs" gives cohortd run_installed -v
check "and knows how it was built" gives libevent run_installed -V
check "no path of the build" no_build_directory
if command -v mandoc >/dev/null; then
	for page in man5/cohort.conf.5 man8/cohortctl.8 man8/cohortd.8; do
		check "$page" mandoc -T lint -W warning \
		    "$root$prefix/share/man/$page"
	done
fi
# Symbolic links of a library are part of what it is.
check "libcohort.so leads to the library" \
    [ -f "$root$prefix/lib/libcohort.so" ]
check "make uninstall" installing uninstall
installed "nothing is left" true

check "make install again" installing install
echo '# mine' >>"$conf"
check "make install over it" installing install
check "the configuration is the operator's" \
    gives '# mine' tail -n 1 "$conf"
check "make uninstall of that" installing uninstall
installed "it is left" echo /etc/opt/cohort.conf
finish
