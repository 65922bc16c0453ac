# SPDX-License-Identifier: ISC
#
# client_speed.py PORT: the works over one connection, each between two
# marks, the same bytes every time; prints a work's name and how many requests
# it had.  An answer that has another status than its work's (the marks': 204),
# or another size than the first of its work, ends it.

import re
import socket
import sys

REQUESTS = 320
PIPELINE = 16
BROWSER = (
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n'
    'Accept-Encoding: gzip, deflate, br, zstd\r\n'
    'Accept-Language: en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7\r\n'
    'Cache-Control: max-age=0\r\n'
    'Cookie: session=5f2b1c9a7e4d4c0fa2b8; theme=dark; visited=1\r\n'
    'Sec-Ch-Ua: "Chromium";v="131", "Not_A Brand";v="24"\r\n'
    'Sec-Fetch-Dest: document\r\n'
    'Sec-Fetch-Mode: navigate\r\n'
    'Sec-Fetch-Site: same-origin\r\n'
    'Upgrade-Insecure-Requests: 1\r\n'
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n')
BODY = 'b' * 16384


def request(target, method='GET', fields='', body=''):
    return ('%s %s HTTP/1.1\r\nHost: speed.example\r\n%s\r\n%s' % (
        method, target, fields, body)).encode()


def works(etag):
    return (
        ('hello', 200, request('/hello'), 1),
        ('browser', 200, request('/hello', fields=BROWSER), 1),
        ('pipelined', 200, request('/hello'), PIPELINE),
        ('json', 200, request('/json/speed'), 1),
        ('post', 200, request('/echo', 'POST', 'Content-Length: %d\r\n' %
                              len(BODY), BODY), 1),
        ('file', 200, request('/files/small'), 1),
        ('unchanged', 304, request('/files/small', fields='If-None-Match: %s'
                                   '\r\n' % etag), 1),
        ('missing', 404, request('/files/missing'), 1),
    )


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), 60)
        self.data = b''

    def fill(self):
        piece = self.socket.recv(262144)
        if not piece:
            sys.exit('the connection ended')
        self.data += piece

    def answer(self, status):
        """Takes one answer off; returns its size and its ETag."""
        while b'\r\n\r\n' not in self.data:
            self.fill()
        size = self.data.index(b'\r\n\r\n') + 4
        head = self.data[:size]
        if not head.startswith(b'HTTP/1.1 %d ' % status):
            sys.exit('refused: %r' % head)
        length = re.search(rb'\r\nContent-Length: (\d+)\r\n', head)
        size += int(length[1]) if length and status != 304 else 0
        etag = re.search(rb'\r\nETag: (.*)\r\n', head)
        while len(self.data) < size:
            self.fill()
        self.data = self.data[size:]
        return size, etag[1].decode() if etag else None

    def work(self, status, bytes_, at_once):
        """The sizes of the answers."""
        self.socket.sendall(bytes_ * at_once)
        return {self.answer(status)[0] for _ in range(at_once)}

    def etag(self, target):
        self.socket.sendall(request(target))
        return self.answer(200)[1]


def main():
    connection = Connection(int(sys.argv[1]))
    for name, status, bytes_, at_once in works(
            connection.etag('/files/small')):
        # What is taken once and kept is not a request's.
        for _ in range(4):
            connection.work(status, bytes_, at_once)
        connection.work(204, request('/mark'), 1)
        sizes = set()
        for _ in range(REQUESTS // at_once):
            sizes |= connection.work(status, bytes_, at_once)
        if len(sizes) != 1:
            sys.exit('%s: sizes %s' % (name, sizes))
        connection.work(204, request('/mark'), 1)
        print(name, REQUESTS)


main()
