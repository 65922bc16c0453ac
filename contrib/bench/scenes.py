# SPDX-License-Identifier: ISC
#
# What is no load: memory of idle connections, the time from start, reload
# and fault to serving, and what a server does that has nothing to do.

import os
import socket
import statistics
import time

import peers

CONNECTIONS, FEW = 8000, 50
TIMES = 10
IDLE_SECONDS, SETTLING_SECONDS = 10, 11
REQUEST = b'GET %s HTTP/1.1\r\nHost: a\r\n\r\n'


def proportional(pids):
    """PSS: a process's own memory and its part of what is shared."""
    total = 0
    for pid in pids:
        with open('/proc/%d/smaps_rollup' % pid) as file:
            for line in file:
                if line.startswith('Pss:'):
                    total += int(line.split()[1]) * 1024
    return total


def workers_of(server):
    return peers.descendants(server.process.pid)[1:] or [server.process.pid]


def ask(port, path=b'/hello'):
    """One answer's status, on a new connection; 0 if there was none."""
    try:
        with socket.create_connection(('127.0.0.1', port), 5) as s:
            s.sendall(REQUEST % path)
            answer = s.recv(4096)
    except OSError:
        return 0
    return int(answer[9:12]) if answer[:9] == b'HTTP/1.1 ' else 0


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        if time.monotonic() > until:
            raise SystemExit('it takes more than 20 s')
        time.sleep(0.0005)


def print_times(words, times):
    print('%-24s median %6.1f ms, most %6.1f ms (%d times)' % (
        words, statistics.median(times) * 1000, max(times) * 1000,
        len(times)), flush=True)


# ---- memory

def crowd(port, path, count):
    sockets = []
    for _ in range(count):
        s = socket.create_connection(('127.0.0.1', port), 10)
        s.sendall(REQUEST % path)
        s.recv(4096)
        sockets.append(s)
    return sockets


def memory_of(kind, place):
    server = kind(place).start()
    path = b'/hello' if kind in (
        peers.Cohort, peers.Nginx, peers.Actix, peers.Go,
        peers.Kore) else b'/files/13'
    sockets = crowd(server.port, path, FEW)
    before = proportional(peers.descendants(server.process.pid))
    sockets += crowd(server.port, path, CONNECTIONS - FEW)
    after = proportional(peers.descendants(server.process.pid))
    for s in sockets:
        s.close()
    server.stop()
    print('%-24s %6.0f bytes a connection' % (
        'idle, %s' % kind.name, (after - before) / (CONNECTIONS - FEW)),
        flush=True)


def memory(place):
    memory_of(peers.Cohort, place)
    for kind in (peers.Nginx, peers.H2o, peers.Lighttpd, peers.Actix,
                 peers.Go):
        if peers.is_there(kind, place.build):
            memory_of(kind, place)


# ---- times

def start(place):
    times = []
    for _ in range(TIMES):
        server = peers.Cohort(place)
        begin = time.monotonic()
        server.start()
        wait_for(lambda: ask(server.port) == 200)
        times.append(time.monotonic() - begin)
        server.stop()
    print_times('start to serving', times)


def reload(place):
    server = peers.Cohort(place).start()
    times = []
    for _ in range(TIMES):
        old = workers_of(server)
        begin = time.monotonic()
        server.control('reload')
        times.append(time.monotonic() - begin)
        wait_for(lambda: not set(old) & set(workers_of(server)))
    server.stop()
    print_times('reload to serving', times)  # by cohortctl, to its end


def fault(place):
    server = peers.Cohort(place).start()
    times = []
    for number in range(TIMES):
        begin = time.monotonic()
        # Each one another request: equal ones would be refused.
        ask(server.port, b'/fault?%d' % number)
        wait_for(lambda: ask(server.port) == 200)
        times.append(time.monotonic() - begin)
    server.stop()
    print_times('fault to serving', times)


# ---- nothing

def wakeups(pids):
    total = 0
    for pid in pids:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/status' % (pid, task)) as file:
                for line in file:
                    if 'ctxt_switches' in line:
                        total += int(line.split()[1])
    return total


def idle(place):
    server = peers.Cohort(place).start()
    ask(server.port)
    sockets = crowd(server.port, b'/hello', FEW)
    # The deadline of the last request's head may ring once more.
    time.sleep(SETTLING_SECONDS)
    workers = workers_of(server)
    before, cpu = wakeups(workers), server.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    print('%-24s %d wake-ups of the worker in %d s, %.1f ms of CPU with the '
          'master' % ('idle server', wakeups(workers) - before, IDLE_SECONDS,
                      (server.cpu_seconds() - cpu) * 1000), flush=True)
    for s in sockets:
        s.close()
    server.stop()


SCENES = {'memory': memory, 'start': start, 'reload': reload, 'fault': fault,
          'idle': idle}
