# SPDX-License-Identifier: ISC
#
# A thousand requests of mixed kinds by Python's http.client, unmodified,
# with a body checked for each.  client_python.py PORT; the daemon serves
# tests/system/module_test.c at / and, at /files, digits.txt and big of
# make_files() in test_clients.c.  Prints what was asked, and how often.

import collections
import http.client
import socket
import sys

HOST = '127.0.0.1'
PORT = int(sys.argv[1])
TIMEOUT = 30
DIGITS = b'0123456789abcdefghijklmnopqrstuvwxyz'
BIG = bytes(i * 7 % 251 for i in range(1048576))

done = collections.Counter()


def check(kind, condition, *what):
    if not condition:
        sys.exit('%s, request %d: %r' % (kind, sum(done.values()), what))


class Client:
    """One kept connection: http.client would silently make another one."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(
            HOST, PORT, timeout=TIMEOUT)
        self.connection.connect()
        self.socket = self.connection.sock

    def ask(self, kind, method, target, status, body, data=None,
            fields=None, chunked=False):
        self.connection.request(method, target, body=data,
                                headers=fields or {}, encode_chunked=chunked)
        response = self.connection.getresponse()
        content = response.read()
        check(kind, response.status == status, response.status, content[:80])
        check(kind, body is None or content == body, len(content),
              content[:80])
        check(kind, self.connection.sock is self.socket, 'not kept')
        done[kind] += 1
        return response

    def close(self):
        self.connection.close()


def chunks(data, size):
    for at in range(0, len(data), size):
        yield data[at:at + size]


def ask_chunked(client, kind, data, size):
    client.ask(kind, 'POST', '/echo', 200, data, data=chunks(data, size),
               fields={'Transfer-Encoding': 'chunked'}, chunked=True)


def ask_small(client, number):
    name = 'client%d' % number
    hello = b'Hello, %s!\n' % name.encode()
    client.ask('GET', 'GET', '/hello/' + name, 200, hello)
    response = client.ask('HEAD', 'HEAD', '/hello/' + name, 200, b'')
    check('HEAD', response.getheader('Content-Length') == str(len(hello)))
    client.ask('GET of a file', 'GET', '/files/digits.txt', 200, DIGITS)
    response = client.ask('HEAD of a file', 'HEAD', '/files/big', 200, b'')
    check('HEAD', response.getheader('Content-Length') == str(len(BIG)))
    client.ask('POST', 'POST', '/echo', 200, hello, data=hello)
    ask_chunked(client, 'POST chunked', hello * 20, 1 + number % 50)
    client.ask('GET chunked', 'GET', '/stream/2', 200,
               (b'x' + bytes(4095)) * 2)
    client.ask('GET later', 'GET', '/wait/1', 200, b'waited\n')
    client.ask('not found', 'GET', '/none', 404, None)


def ask_range(client, number):
    first = number * 4001 % len(BIG)
    last = min(first + number * 997, len(BIG) - 1)
    response = client.ask(
        'range', 'GET', '/files/big', 206, BIG[first:last + 1],
        fields={'Range': 'bytes=%d-%d' % (first, last)})
    check('range', response.getheader('Content-Range') ==
          'bytes %d-%d/%d' % (first, last, len(BIG)))


def ask_large(client):
    client.ask('POST 1 MiB', 'POST', '/echo', 200, BIG, data=BIG)
    ask_chunked(client, 'POST 1 MiB chunked', BIG, 16000)
    client.ask('GET 1 MiB', 'GET', '/files/big', 200, BIG)
    client.ask('GET later', 'GET', '/wait/2', 200, b'waited\n')


class Kept:
    """A stream that HTTPResponse may close, though more responses follow."""

    def __init__(self, stream):
        self.stream = stream

    def makefile(self, *_):
        return self

    def close(self):
        pass

    def flush(self):
        pass

    def __getattr__(self, name):
        return getattr(self.stream, name)


def ask_pipelined(count):
    """All at once; the answers in the order of the questions."""
    with socket.create_connection((HOST, PORT), TIMEOUT) as connection:
        text = b''
        for number in range(count):
            kind = number % 4
            if kind == 0:
                text += b'GET /hello/%d HTTP/1.1\r\nHost: a\r\n\r\n' % number
            elif kind == 1:
                text += b'POST /echo HTTP/1.1\r\nHost: a\r\n' \
                    b'Content-Length: 5\r\n\r\n%05d' % number
            elif kind == 2:
                text += b'GET /wait/1 HTTP/1.1\r\nHost: a\r\n\r\n'
            else:
                text += b'POST /echo HTTP/1.1\r\nHost: a\r\n' \
                    b'Transfer-Encoding: chunked\r\n\r\n' \
                    b'2\r\n%02d\r\n3\r\n%03d\r\n0\r\n\r\n' % (number, number)
        connection.sendall(text)
        stream = Kept(connection.makefile('rb'))
        for number in range(count):
            expected = (b'Hello, %d!\n' % number, b'%05d' % number,
                        b'waited\n', b'%02d%03d' % (number, number))
            response = http.client.HTTPResponse(stream)
            response.begin()
            content = response.read()
            check('pipelined', response.status == 200, response.status)
            check('pipelined', content == expected[number % 4], number,
                  content)
            done['pipelined'] += 1
        stream.stream.close()


def main():
    client = Client()
    for number in range(60):
        ask_small(client, number)
    for number in range(100):
        ask_range(client, number)
    for _ in range(15):
        ask_large(client)
    client.close()
    for _ in range(6):
        ask_pipelined(50)
    for kind, count in sorted(done.items()):
        print('%5d %s' % (count, kind))
    print('%5d requests by Python %s' %
          (sum(done.values()), sys.version.split()[0]))


main()
