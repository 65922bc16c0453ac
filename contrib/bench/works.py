# SPDX-License-Identifier: ISC
#
# What is measured: requests, by how many connections, and the targets.

import dataclasses

BROWSER = (
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,'
    'image/avif,image/webp,image/apng,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7',
    'Cache-Control: max-age=0',
    'Cookie: session=5f2b1c9a7e4d4c0fa2b8; theme=dark; visited=1',
    'Sec-Ch-Ua: "Chromium";v="131", "Not_A Brand";v="24"',
    'Sec-Fetch-Dest: document',
    'Sec-Fetch-Mode: navigate',
    'Sec-Fetch-Site: same-origin',
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 '
    '(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
)

PIPELINE = '''
init = function(args)
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format() end
  batch = table.concat(requests)
end
request = function() return batch end
'''

POST = '''
wrk.method = "POST"
wrk.body = string.rep("0123456789abcdef", 1024)
wrk.headers["Content-Type"] = "application/octet-stream"
'''


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    kind: str                  # what a peer must be able to do
    path: str
    connections: int = 64
    fields: tuple = ()
    script: str = ''           # of wrk
    closes: bool = False       # a connection for each request
    validates: bool = False    # with the ETag that the server gave
    peers: tuple = ()          # further servers; () and not all: see below
    all_peers: bool = True
    target: float = 0          # ratio to the floor; 0: none


WORKS = (
    Work('hello-1', 'hello', '/hello', 1,
         peers=('nginx', 'h2o', 'actix-web'), all_peers=False),
    Work('hello-64', 'hello', '/hello', 64, target=1.05),
    Work('hello-512', 'hello', '/hello', 512,
         peers=('nginx', 'h2o', 'actix-web'), all_peers=False),
    Work('browser', 'hello', '/hello', fields=BROWSER, target=1.12),
    Work('pipelined', 'hello', '/hello', script=PIPELINE, target=1.4,
         peers=('nginx', 'h2o', 'lighttpd', 'actix-web'),
         all_peers=False),
    Work('per-request', 'hello', '/hello', fields=('Connection: close',),
         closes=True, target=1.15,
         peers=('nginx', 'nginx-deferred', 'h2o', 'lighttpd', 'actix-web'),
         all_peers=False),
    Work('json', 'json', '/json', target=1.25),
    Work('post', 'echo', '/echo', script=POST, target=1.25),
    Work('file-1k', 'file', '/files/1k', peers=(
        'nginx', 'h2o', 'lighttpd', 'actix-web'), all_peers=False),
    Work('file-64k', 'file', '/files/64k', peers=(
        'nginx', 'h2o', 'lighttpd', 'actix-web'), all_peers=False),
    Work('file-1m', 'file', '/files/1m', peers=(
        'nginx', 'h2o', 'lighttpd'), all_peers=False),
    Work('304', 'file', '/files/1k', validates=True, peers=(
        'nginx', 'h2o', 'lighttpd'), all_peers=False),
    Work('404', 'file', '/files/none', peers=(
        'nginx', 'h2o', 'lighttpd'), all_peers=False),
    Work('access-log', 'hello', '/hello',
         peers=('cohort-log', 'nginx', 'nginx-log'), all_peers=False),
    Work('sandbox', 'hello', '/hello', peers=('cohort-open',),
         all_peers=False),
    Work('two-workers', 'hello', '/hello',
         peers=('cohort-2', 'nginx-2'), all_peers=False),
)
