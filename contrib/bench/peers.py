# SPDX-License-Identifier: ISC
#
# The servers that are measured: Cohort, the floor, and whatever else is
# installed, all with equal settings: one worker (but where a work says two),
# no access log (but where it says so), keep-alive without an end.

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER_CORE, CLIENT_CORE = 0, 1
CLOCK = 1e9  # schedstat counts nanoseconds


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def descendants(pid):
    """The process and all below it."""
    found = [pid]
    for each in found:
        try:
            with open('/proc/%d/task/%d/children' % (each, each)) as file:
                found += [int(word) for word in file.read().split()]
        except FileNotFoundError:
            pass
    return found


class Server:
    """A process of its own on a port of its own, pinned to a core."""
    name = '?'
    kinds = ()  # of works that it can do

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        log = open(os.path.join(self.place.folder, self.name + '.log'), 'a')
        self.process = subprocess.Popen(
            self.command(), stdout=log, stderr=log, cwd=self.place.folder,
            preexec_fn=lambda: os.sched_setaffinity(0, self.cores()))
        log.close()
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.002)
        sys.exit('%s does not start: see %s' % (self.name, log.name))

    def cores(self):
        return {SERVER_CORE}

    def cpu_seconds(self):
        """What all its threads have run for, without rounding to ticks."""
        total = 0
        for pid in descendants(self.process.pid):
            try:
                tasks = os.listdir('/proc/%d/task' % pid)
                for task in tasks:
                    with open('/proc/%d/task/%s/schedstat' % (
                            pid, task)) as file:
                        total += int(file.read().split()[0])
            except FileNotFoundError:
                pass
        return total / CLOCK

    def path(self, work):
        return work.path

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def write(self, name, text):
        path = os.path.join(self.place.folder, name)
        with open(path, 'w') as file:
            file.write(text)
        return path


class Floor(Server):
    """Anew for each work, as it is told what to answer."""
    name = 'floor'

    def __init__(self, place, work, head, file=None):
        super().__init__(place)
        self.arguments = (['-c', '-d'] if work.closes else []) + [
            str(self.port), self.write_bytes('floor.head', head)]
        self.arguments += [file] if file else []

    def write_bytes(self, name, data):
        path = os.path.join(self.place.folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def command(self):
        return [self.place.build + '/floor'] + self.arguments


class Cohort(Server):
    name = 'cohort'
    kinds = ('hello', 'json', 'echo', 'file')
    workers = 1
    access_log = ''

    def settings(self):
        folder = self.place.folder
        return '''
user = ""
workers = %d
max_connections = 15000
pid_file = ""
error_log = "stderr"
access_log = "%s"
state_directory = ""
control_socket = "%s/%s.control"
listen "127.0.0.1:%d" {}
http { keep_alive = "10m" }
host "*" {
    mount "/"      { module = "%s/module_bench.so" }
    mount "/files" { files = "%s/files" }
}
''' % (self.workers, self.access_log, folder, self.name, self.port,
            self.place.build, folder)

    def command(self):
        conf = self.write(self.name + '.conf', self.settings())
        return [self.place.build + '/cohortd', '-f', '-c', conf]

    def control(self, *words):
        return subprocess.run(
            [self.place.build + '/cohortctl', '-S',
             '%s/%s.control' % (self.place.folder, self.name), *words],
            check=True, capture_output=True, text=True).stdout


class CohortLogging(Cohort):
    name = 'cohort-log'

    def __init__(self, place):
        super().__init__(place)
        self.access_log = place.folder + '/cohort.access'


class CohortOpen(Cohort):
    """As bare as the peers are: what does the sandbox cost?"""
    name = 'cohort-open'

    def settings(self):
        return 'seccomp = false\nlandlock = false\n' + super().settings()


class CohortTwo(Cohort):
    name = 'cohort-2'
    workers = 2

    def cores(self):
        return {SERVER_CORE, CLIENT_CORE}


class Nginx(Server):
    name = 'nginx'
    kinds = ('hello', 'file')
    listen = ''
    workers = 1
    access_log = 'off'

    def command(self):
        folder = self.place.folder
        conf = self.write(self.name + '.conf', '''
daemon off;
worker_processes %d;
pid %s/%s.pid;
error_log %s/%s.error;
events { worker_connections 15000; }
http {
    types { text/plain txt; }
    default_type application/octet-stream;
    access_log %s;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    open_file_cache max=1000 inactive=60s;
    client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s;
    uwsgi_temp_path %s; scgi_temp_path %s;
    server {
        listen 127.0.0.1:%d backlog=4096 %s;
        location = /hello { default_type text/plain;
            return 200 "Hello, World!"; }
        location /files/ { alias %s/files/; }
    }
}
''' % (self.workers, folder, self.name, folder, self.name, self.access_log,
            folder, folder, folder, folder, folder, self.port, self.listen,
            folder))
        return ['nginx', '-p', folder, '-e', 'stderr', '-c', conf]

    def cores(self):
        return {SERVER_CORE} if self.workers == 1 else {
            SERVER_CORE, CLIENT_CORE}


class NginxDeferred(Nginx):
    name = 'nginx-deferred'
    listen = 'deferred'


class NginxLogging(Nginx):
    name = 'nginx-log'

    def __init__(self, place):
        super().__init__(place)
        self.access_log = place.folder + '/nginx.access combined buffer=64k'


class NginxTwo(Nginx):
    name = 'nginx-2'
    workers = 2


class H2o(Server):
    name = 'h2o'
    kinds = ('hello', 'file')

    def path(self, work):
        return '/files/13' if work.kind == 'hello' else work.path

    def command(self):
        folder = self.place.folder
        conf = self.write('h2o.conf', '''
num-threads: 1
max-connections: 15000
http1-request-timeout: 600
listen:
  host: 127.0.0.1
  port: %d
hosts:
  default:
    paths:
      /files:
        file.dir: %s/files
''' % (self.port, folder))
        return ['h2o', '-c', conf]


class Lighttpd(Server):
    name = 'lighttpd'
    kinds = ('hello', 'file')

    def path(self, work):
        return '/files/13' if work.kind == 'hello' else work.path

    def command(self):
        conf = self.write('lighttpd.conf', '''
server.document-root = "%s"
server.bind = "127.0.0.1"
server.port = %d
server.max-connections = 15000
server.max-fds = 18000
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 600
server.listen-backlog = 4096
mimetype.assign = ("" => "application/octet-stream")
''' % (self.place.folder, self.port))
        return ['lighttpd', '-D', '-f', conf]


class Apache(Server):
    name = 'apache'
    kinds = ('hello', 'file')

    def path(self, work):
        return '/files/13' if work.kind == 'hello' else work.path

    def command(self):
        folder = self.place.folder
        modules = '/usr/lib/apache2/modules/'
        conf = self.write('apache.conf', '''
LoadModule mpm_event_module %smod_mpm_event.so
LoadModule authz_core_module %smod_authz_core.so
ServerRoot %s
ServerName localhost
PidFile %s/apache.pid
ErrorLog %s/apache.error
User www-data
Group www-data
Listen 127.0.0.1:%d
DocumentRoot %s
KeepAlive On
KeepAliveTimeout 600
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 1
ThreadsPerChild 64
ThreadLimit 64
MaxRequestWorkers 64
AsyncRequestWorkerFactor 16
''' % (modules, modules, folder, folder, folder, self.port, folder))
        return ['apache2', '-X', '-f', conf]


class Kore(Server):
    name = 'kore'
    kinds = ('hello',)

    def command(self):
        conf = self.write('kore.conf', '''
server bench {
    bind 127.0.0.1 %d
    tls no
}
workers 1
worker_max_connections 15000
worker_set_affinity 0
http_keepalive_time 600
pidfile %s/kore.pid
load %s/kore_bench.so
domain * {
    attach bench
    route /hello hello
}
''' % (self.port, self.place.folder, self.place.build))
        return ['kore', '-f', '-n', '-r', '-c', conf]


class Actix(Server):
    name = 'actix-web'
    kinds = ('hello', 'json', 'echo', 'file')

    def command(self):
        return [self.place.build + '/actix/release/bench', str(self.port),
                '1', self.place.folder + '/files']


class Go(Server):
    name = 'go'
    kinds = ('hello', 'json', 'echo', 'file')

    def command(self):
        return ['env', 'GOMAXPROCS=1', self.place.build + '/go/bench',
                str(self.port), self.place.folder + '/files']


PEERS = (Nginx, NginxDeferred, H2o, Lighttpd, Apache, Kore, Actix, Go)


def is_there(peer, build):
    """Installed, or built by run."""
    if peer is Actix:
        return os.access(build + '/actix/release/bench', os.X_OK)
    if peer is Go:
        return os.access(build + '/go/bench', os.X_OK)
    if peer is Kore and not os.access(build + '/kore_bench.so', os.R_OK):
        return False
    word = {Nginx: 'nginx', NginxDeferred: 'nginx', NginxLogging: 'nginx',
            NginxTwo: 'nginx', H2o: 'h2o', Lighttpd: 'lighttpd',
            Apache: 'apache2', Kore: 'kore'}[peer]
    return shutil.which(word) is not None
