# SPDX-License-Identifier: ISC
#
# bench.py BUILD [--rounds N] [--seconds N] [WORK...]; --list
#
# Runs each work against Cohort, the floor and the peers that are there, in
# turns A B C A B C, with server and client pinned to a core each, and prints
# one table: medians of the rounds.  CPU time is that of all threads of the
# server by /proc, latency is wrk's.  What one machine says in one run can be
# compared, nothing else.

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

import peers
import scenes
import works

ROUNDS, SECONDS = 3, 1
FILES = {'13': 13, '1k': 1024, '64k': 65536, '1m': 1048576}
UNITS = {'us': 1e-6, 'ms': 1e-3, 's': 1, 'm': 60}


class Place:
    """Where everything of a run is kept."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix='cohort-bench-')
        os.chmod(self.folder, 0o755)
        os.mkdir(self.folder + '/files')
        for name, size in FILES.items():
            with open('%s/files/%s' % (self.folder, name), 'wb') as file:
                file.write((b'Hello, World!' * (size // 13 + 1))[:size])

    def remove(self):
        shutil.rmtree(self.folder)


# ---- one request, as wrk will send it

def answer_of(port, request):
    """The whole answer to a request, as bytes: head, body."""
    with socket.create_connection(('127.0.0.1', port), 10) as s:
        s.sendall(request)
        data = b''
        while b'\r\n\r\n' not in data:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
        head, _, body = data.partition(b'\r\n\r\n')
        length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)
        size = int(length[1]) if length and not re.match(
            rb'HTTP/1.1 304', head) else 0
        while len(body) < size:
            piece = s.recv(65536)
            if not piece:
                break
            body += piece
    return head + b'\r\n\r\n', body


def request_of(server, work, fields):
    body = b'0123456789abcdef' * 1024 if work.kind == 'echo' else b''
    lines = ['%s %s HTTP/1.1' % (
        'POST' if body else 'GET', server.path(work)),
        'Host: 127.0.0.1:%d' % server.port]
    if body:
        lines += ['Content-Length: %d' % len(body),
                  'Content-Type: application/octet-stream']
    return ('\r\n'.join(lines + list(fields)) + '\r\n\r\n').encode() + body


def fields_of(server, work):
    if not work.validates:
        return work.fields
    head, _ = answer_of(server.port, request_of(server, work, ()))
    tag = re.search(rb'(?i)\r\netag: *([^\r]+)', head)
    if tag:
        return ('If-None-Match: ' + tag[1].decode(),)
    date = re.search(rb'(?i)\r\nlast-modified: *([^\r]+)', head)
    if not date:
        sys.exit('%s gives no validator:\n%s' % (server.name, head.decode()))
    return ('If-Modified-Since: ' + date[1].decode(),)


# ---- wrk

def to_seconds(text):
    match = re.fullmatch(r'([\d.]+)(us|ms|s|m)', text)
    return float(match[1]) * UNITS[match[2]]


class Run:
    """wrk once: requests a second, CPU a request, latency."""

    def __init__(self, place, server, work, fields, seconds):
        command = ['taskset', '-c', str(peers.CLIENT_CORE), 'wrk', '-t1',
                   '-c%d' % work.connections, '-d%ds' % seconds, '--latency']
        for field in fields:
            command += ['-H', field]
        if work.script:
            command += ['-s', server.write('wrk.lua', work.script)]
        command.append('http://127.0.0.1:%d%s' % (
            server.port, server.path(work)))
        before = server.cpu_seconds()
        done = subprocess.run(command, capture_output=True, text=True)
        cpu = server.cpu_seconds() - before
        output = done.stdout
        if done.returncode != 0:
            sys.exit('%s, %s: wrk: %s' % (
                work.name, server.name, (done.stderr or output).strip()))
        self.requests = int(re.search(r'(\d+) requests in', output)[1])
        self.rate = float(re.search(r'Requests/sec: *([\d.]+)', output)[1])
        self.cpu = cpu / max(self.requests, 1)
        self.p50 = to_seconds(re.search(r' 50% +(\S+)', output)[1])
        self.p99 = to_seconds(re.search(r' 99% +(\S+)', output)[1])
        bad = re.search(r'Non-2xx or 3xx responses: (\d+)', output)
        if bad and work.name != '404':
            sys.exit('%s, %s: %s answers were no 2xx or 3xx' % (
                work.name, server.name, bad[1]))


def median(runs, member):
    return statistics.median(getattr(run, member) for run in runs)


# ---- works

class Bench:
    def __init__(self, place, rounds, seconds):
        self.place, self.rounds, self.seconds = place, rounds, seconds
        self.servers = {}
        self.results = {}

    def server(self, kind):
        """Servers stay from work to work; who waits costs nothing."""
        if kind.name not in self.servers:
            self.servers[kind.name] = kind(self.place).start()
        return self.servers[kind.name]

    def contenders(self, work):
        found = [peers.Cohort] if work.name != 'two-workers' else []
        others = peers.PEERS + (
            peers.CohortLogging, peers.NginxLogging, peers.CohortOpen,
            peers.CohortTwo, peers.NginxTwo)
        for peer in others:
            is_wanted = peer.name in work.peers if not work.all_peers else (
                peer in peers.PEERS and peer is not peers.NginxDeferred)
            if is_wanted and work.kind in peer.kinds and (
                    issubclass(peer, peers.Cohort) or
                    peers.is_there(peer, self.place.build)):
                found.append(peer)
        return [self.server(peer) for peer in found]

    def floor(self, work, cohort):
        """What answers Cohort's own bytes without looking."""
        request = request_of(cohort, work, fields_of(cohort, work))
        head, body = answer_of(cohort.port, request)
        file = self.place.folder + work.path
        if body and os.path.exists(file):
            floor = peers.Floor(self.place, work, head, file)
        else:
            floor = peers.Floor(self.place, work, head + body)
        self.servers[floor.name] = floor
        return floor.start()

    def measure(self, work):
        servers = self.contenders(work)
        if work.name not in ('access-log', 'sandbox', 'two-workers'):
            servers.insert(0, self.floor(work, servers[0]))
        plans = []
        for server in servers:
            fields = fields_of(servers[1] if server.name == 'floor'
                               else server, work)
            if server.name == 'floor':
                # It has to see one request alone, as wrk sends it.
                self.teach(server, work, fields)
            plans.append((server, fields))
        runs = {server.name: [] for server in servers}
        for _ in range(self.rounds):
            for server, fields in plans:
                runs[server.name].append(Run(
                    self.place, server, work, fields, self.seconds))
        self.results[work.name] = runs
        if servers[0].name == 'floor':
            servers[0].stop()
        self.report(work, runs)

    def teach(self, floor, work, fields):
        """wrk's own words: Host first, its order of fields."""
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen(1)
            s.settimeout(5)
            command = ['wrk', '-t1', '-c1', '-d1s']
            for field in fields:
                command += ['-H', field]
            script = work.script if work.kind == 'echo' else ''
            if script:
                command += ['-s', floor.write('wrk.lua', script)]
            # The port's digits are part of the request.
            assert len(str(s.getsockname()[1])) == len(str(floor.port))
            process = subprocess.Popen(
                command + ['http://127.0.0.1:%d%s' % (
                    s.getsockname()[1], work.path)],
                stdout=subprocess.DEVNULL)
            request = b''
            while not request:  # the first connection only looks
                peer, _ = s.accept()
                peer.settimeout(5)
                request = peer.recv(65536)
            length = re.search(rb'(?i)content-length: *(\d+)', request)
            size = request.index(b'\r\n\r\n') + 4 + (
                int(length[1]) if length else 0)
            while len(request) < size:
                request += peer.recv(65536)
            peer.close()
            process.kill()
            process.wait()
        head, body = answer_of(floor.port, request)
        assert head or body

    def report(self, work, runs):
        def cpu_of(name):
            return median(runs[name], 'cpu') if name in runs else None

        floor, nginx = cpu_of('floor'), cpu_of('nginx')
        for name, its in runs.items():
            cpu = median(its, 'cpu')
            print('%-11s %-14s %9.0f %9.2f %9.3f %9.3f %8s %8s' % (
                work.name, name, median(its, 'rate'), cpu * 1e6,
                median(its, 'p50') * 1e3, median(its, 'p99') * 1e3,
                '%.2f' % (cpu / floor) if floor else '-',
                '%.2f' % (cpu / nginx) if nginx else '-'), flush=True)

    def stop(self):
        for server in self.servers.values():
            server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('works', nargs='*')
    parser.add_argument('--rounds', type=int, default=ROUNDS)
    parser.add_argument('--seconds', type=int, default=SECONDS)
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    known = {work.name: work for work in works.WORKS}
    names = list(known) + list(scenes.SCENES)
    if options.list:
        print('\n'.join(names))
        return 0
    for name in options.works:
        if name not in names:
            sys.exit('no work "%s": there are %s' % (name, ', '.join(names)))
    wanted = options.works or names
    place = Place(options.build)
    bench = Bench(place, options.rounds, options.seconds)
    try:
        if any(name in known for name in wanted):
            print('%-11s %-14s %9s %9s %9s %9s %8s %8s' % (
                'work', 'server', 'req/s', 'CPU us', 'p50 ms', 'p99 ms',
                '/ floor', '/ nginx'))
        for name in wanted:
            if name in known:
                bench.measure(known[name])
        bench.stop()
        for name in wanted:
            if name in scenes.SCENES:
                scenes.SCENES[name](place)
    finally:
        bench.stop()
        place.remove()
    return 0


if __name__ == '__main__':
    sys.exit(main())
