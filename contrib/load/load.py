# SPDX-License-Identifier: ISC
#
# Scenes of load against a cohortd of its own, on loopback: slow clients of
# four kinds (slowhttptest) beside a normal one, and idle connections by the
# thousand.  load.py BUILD [SCENE...]; --list.  Prints what was measured, and
# ends with 1 if a promise was broken: the normal client is answered 200 all
# the time, within 100 ms (median) beside slow ones, and no connection stays
# beyond its deadline.  Other latencies are printed only.

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SLOW_CLIENTS = 2000
SLOW_SECONDS = 60
SLOW_MEDIAN = 0.100
IDLE_CLIENTS = 10000
PAUSE = 0.05            # between two requests of the normal client
GRACE = 60              # what the end of connections may take, beyond head
WORKERS = 2

SETTINGS = '''
user = ""
workers = {workers}
max_connections = 15000
pid_file = ""
error_log = "stderr"
state_directory = ""
control_socket = "{folder}/control"
listen "127.0.0.1:0" {{ defer_accept = {defer} }}
http {{ keep_alive = "{keep_alive}"  head_timeout = "{head}" }}
host "*" {{ mount "/" {{ module = "{build}/module_load.so" }} }}
'''

failures = []


def expect(condition, *words):
    if not condition:
        failures.append(' '.join(str(word) for word in words))
        print('  FAILED:', failures[-1])


class Daemon:
    """A cohortd in the foreground, in a folder that goes with it."""

    def __init__(self, build, defer=True, keep_alive='60s', head='10s'):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix='cohort-load-')
        os.chmod(self.folder.name, 0o755)
        conf = os.path.join(self.folder.name, 'conf')
        with open(conf, 'w') as file:
            file.write(SETTINGS.format(
                workers=WORKERS, folder=self.folder.name, build=build,
                defer='true' if defer else 'false', keep_alive=keep_alive,
                head=head))
        self.log = open(os.path.join(self.folder.name, 'log'), 'w+')
        self.process = subprocess.Popen(
            [build + '/cohortd', '-f', '-c', conf], stderr=self.log)
        self.port = self.wait_for_port()

    def wait_for_port(self):
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                status = self.status()
            except subprocess.CalledProcessError:
                time.sleep(0.02)
                continue
            ready = [w for w in status['workers'] if w['state'] == 'serving']
            if len(ready) == WORKERS:
                address = status['listeners'][0]['name']
                return int(address.rsplit(':', 1)[1])
            time.sleep(0.02)
        self.log.seek(0)
        sys.exit('cohortd does not serve:\n' + self.log.read())

    def status(self):
        return json.loads(subprocess.run(
            [self.build + '/cohortctl', '-S', self.folder.name + '/control',
             'status', '--json'], check=True, capture_output=True).stdout)

    def open_connections(self):
        return sum(w['connections']['open'] for w in self.status()['workers'])

    def memory(self):
        return sum(proportional(w['pid']) for w in self.status()['workers'])

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        expect(code == 0, 'cohortd ended with', code)
        self.log.seek(0)
        odd = [line for line in self.log
               if ' warn: ' in line or ' error: ' in line]
        expect(not odd, 'the log has', ''.join(odd[:5]))
        self.log.close()
        self.folder.cleanup()


def proportional(pid):
    """PSS of the process, with its part of what is shared, in bytes."""
    with open('/proc/%d/smaps_rollup' % pid) as file:
        for line in file:
            if line.startswith('Pss:'):
                return int(line.split()[1]) * 1024
    return 0


class Client:
    """Asks for a word over and over, each time on a new connection."""

    def __init__(self, port):
        self.port = port
        self.times = []
        self.failed = 0

    def ask(self):
        begin = time.monotonic()
        try:
            with socket.create_connection(('127.0.0.1', self.port), 10) as s:
                s.sendall(b'GET /word HTTP/1.1\r\nHost: a\r\n'
                          b'Connection: close\r\n\r\n')
                answer = b''
                while piece := s.recv(4096):
                    answer += piece
        except OSError as error:
            print('  normal client:', error)
            answer = b''
        self.times.append(time.monotonic() - begin)
        if not answer.startswith(b'HTTP/1.1 200 '):
            self.failed += 1

    def report(self, words):
        times = sorted(self.times)
        print('  normal client %s: %d requests, %d failed; median %.1f ms, '
              '99 %% %.1f ms, longest %.1f ms' % (
                  words, len(times), self.failed,
                  statistics.median(times) * 1000,
                  times[len(times) * 99 // 100] * 1000, times[-1] * 1000))
        expect(self.failed == 0, self.failed, 'requests failed')


# ---- slow clients

MODES = {
    # Beyond its own defaults: many at once, and what each server limits.
    'slow-head': ['-H', '-i', '5', '-x', '24'],
    'slow-body': ['-B', '-i', '5', '-s', '8192', '-x', '10', '-t', 'POST'],
    'slow-range': ['-R', '-a', '1', '-b', '3000'],
    'slow-read': ['-X', '-n', '5', '-w', '1', '-y', '1024', '-z', '32'],
}
TARGETS = {'slow-body': '/echo', 'slow-read': '/much'}


def worst_second(times, begin):
    """The largest median of a second: were there bad ones?"""
    seconds = {}
    for at, took in times:
        seconds.setdefault(int(at - begin), []).append(took)
    return max(statistics.median(took) for took in seconds.values())


def slow(build, scene):
    daemon = Daemon(build)
    command = ['slowhttptest', '-c', str(SLOW_CLIENTS), '-r', '1000',
               '-l', str(SLOW_SECONDS + GRACE), '-p', '10', '-v', '1',
               '-u', 'http://127.0.0.1:%d%s' % (
                   daemon.port, TARGETS.get(scene, '/word'))] + MODES[scene]
    attack, rounds = None, 0
    client = Client(daemon.port)
    most, stamps, begin = 0, [], time.monotonic()
    looked = begin
    while time.monotonic() < begin + SLOW_SECONDS:
        # It ends when all its connections were ended: then they come anew.
        if attack is None or attack.poll() is not None:
            attack = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
            rounds += 1
        client.ask()
        stamps.append((time.monotonic(), client.times[-1]))
        if time.monotonic() - looked > 1:
            looked = time.monotonic()
            most = max(most, daemon.open_connections())
        time.sleep(PAUSE)
    print('  %d slow clients, %d times in %d s, at most %d connections at a '
          'time' % (SLOW_CLIENTS, rounds, SLOW_SECONDS, most))
    client.report('beside them')
    print('  median of the worst second: %.1f ms' % (
        worst_second(stamps, begin) * 1000))
    expect(statistics.median(client.times) <= SLOW_MEDIAN,
           'the median is above', SLOW_MEDIAN, 's')
    # Those of the last round stay as long as the server lets them.
    until = time.monotonic() + GRACE
    while (left := daemon.open_connections()) and time.monotonic() < until:
        time.sleep(0.1)
    if attack.poll() is None:
        attack.terminate()
    attack.wait()
    print('  connections left afterwards: %d' % left)
    expect(left == 0, left, 'connections stay')
    closed = daemon.status()['closed']
    print('  ended as:', ', '.join(
        '%s %d' % (word, count) for word, count in closed.items() if count))
    daemon.stop()


# ---- idle clients

def connect(port):
    s = socket.create_connection(('127.0.0.1', port), 30)
    s.settimeout(30)
    return s


def exchange(s):
    s.sendall(b'GET /word HTTP/1.1\r\nHost: a\r\n\r\n')
    answer = s.recv(4096)
    if not answer.startswith(b'HTTP/1.1 200 '):
        raise OSError('no 200: %r' % answer[:80])


def crowd(port, count, is_used):
    sockets = []
    for _ in range(count):
        s = connect(port)
        if is_used:
            exchange(s)
        sockets.append(s)
    return sockets


def idle(build, scene):
    is_used = scene == 'idle'
    daemon = Daemon(build, defer=scene != 'silent-undeferred',
                    keep_alive='10m', head='30s')
    sockets = crowd(daemon.port, 50, is_used)
    before = daemon.memory()
    sockets += crowd(daemon.port, IDLE_CLIENTS - 50, is_used)
    until = time.monotonic() + 10
    wanted = 0 if scene == 'silent' else IDLE_CLIENTS
    while daemon.open_connections() < wanted and time.monotonic() < until:
        time.sleep(0.05)
    held = daemon.open_connections()
    after = daemon.memory()
    print('  %d clients, %d connections in the workers' % (
        len(sockets), held))
    if held:
        print('  %.0f bytes of memory each (PSS of %d workers, less that '
              'with 50)' % ((after - before) / (IDLE_CLIENTS - 50), WORKERS))
    client = Client(daemon.port)
    for _ in range(100):
        client.ask()
    client.report('beside them')
    for s in sockets[::100]:
        exchange(s)
    for s in sockets:
        s.close()
    until = time.monotonic() + GRACE
    while (left := daemon.open_connections()) and time.monotonic() < until:
        time.sleep(0.1)
    expect(left == 0, left, 'connections stay')
    daemon.stop()


SCENES = {scene: slow for scene in MODES}
SCENES.update({scene: idle for scene in ('idle', 'silent',
                                         'silent-undeferred')})


def main():
    build, names = sys.argv[1], sys.argv[2:]
    if names == ['--list']:
        print('\n'.join(SCENES))
        return 0
    for name in names or SCENES:
        if name not in SCENES:
            sys.exit('no scene "%s": there are %s' % (
                name, ', '.join(SCENES)))
        print('%s:' % name, flush=True)
        SCENES[name](build, name)
    print('%d promises broken' % len(failures))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
