#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What the crash handler calls: it runs in a signal handler, of a process
# whose heap and locks may be in any state.  So each function is named here;
# what is not ours is async-signal-safe (signal-safety(7)), a bare system
# call, or said to be fit below.
. "$(dirname "$0")/tree.sh"
objects=src/worker/.libs
needs_build "$objects"

# Our own, which do no more than that either.
cat >"$scratch/allowed" <<'END'
clock_monotonic_ms
ipc_channel_try
ipc_channel_try_packet
ipc_denial_note
END

# signal-safety(7), and what the compiler makes of them.
cat >>"$scratch/allowed" <<'END'
_exit
alarm
close
fcntl
fcntl64
fstat
fstat64
getpid
memcpy
memset
pause
poll
send
setsockopt
shutdown
sigaction
sigaddset
sigemptyset
sigprocmask
END

# Bare system calls.
cat >>"$scratch/allowed" <<'END'
process_vm_readv
sendfile
sendfile64
syscall
END

# backtrace takes no lock and loads nothing at its second call; the jump
# leaves it when the stack is broken; errno is the thread's own; SIGRTMIN
# reads a number.
cat >>"$scratch/allowed" <<'END'
__errno_location
__libc_current_sigrtmin
__sigsetjmp
backtrace
siglongjmp
END

# Hardening and instrumentation.
made='^(__(stack_chk_fail|memcpy_chk|poll_chk|longjmp_chk)|____longjmp_chk|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer|sancov|gcov|llvm).*)$'

called()
{
	for object in "$objects"/worker_crash*.o; do
		case $object in */worker_crash_install.o) continue ;; esac
		object_symbols -P "$object" | awk '$2 == "U" { print $1 }'
	done | sed 's/@.*//' | grep -vE "$made" | sort -u
}

defined()
{
	object_symbols -P "$objects"/worker_crash*.o | awk '$2 == "T" { print $1 }'
}

check "the handler has object files" test -e "$objects/worker_crash.o"
called >"$scratch/called"
check "the handler sends" grep -qx send "$scratch/called"
defined | sort -u "$scratch/allowed" - >"$scratch/fit"
foreign()
{
	comm -23 "$scratch/called" "$scratch/fit"
}
none "the handler calls only what is fit for it" foreign
finish
