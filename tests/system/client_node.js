// SPDX-License-Identifier: ISC
//
// Requests of mixed kinds by node's http, unmodified, from an agent that
// keeps eight connections.  client_node.js PORT; see client_python.py.
'use strict';

const http = require('http');

const port = Number(process.argv[2]);
const digits = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');
const big = Buffer.alloc(1048576);
for (let i = 0; i < big.length; i++)
	big[i] = i * 7 % 251;

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const done = {};

function ask({ kind, method = 'GET', path, headers = {}, data, pieces,
    status = 200, body }) {
	return new Promise((resolve, reject) => {
		const fail = (why) => reject(new Error(`${kind}: ${why}`));
		const request = http.request({ host: '127.0.0.1', port, agent,
			method, path, headers, timeout: 30000 });

		request.on('timeout', () => fail('no answer in time'));
		request.on('error', fail);
		request.on('response', (response) => {
			const parts = [];

			response.on('data', (part) => parts.push(part));
			response.on('error', fail);
			response.on('aborted', () => fail('cut'));
			response.on('end', () => {
				const content = Buffer.concat(parts);

				if (response.statusCode !== status)
					fail(`status ${response.statusCode}`);
				if (body !== undefined && !content.equals(body))
					fail(`${content.length} bytes`);
				done[kind] = (done[kind] || 0) + 1;
				resolve();
			});
		});
		for (const piece of pieces || [])
			request.write(piece);
		request.end(data);
	});
}

function* split(data, size) {
	for (let at = 0; at < data.length; at += size)
		yield data.subarray(at, at + size);
}

function kinds(number) {
	const hello = Buffer.from(`Hello, ${number}!\n`);
	const first = number * 4001 % (big.length - 1000);

	return [
		{ kind: 'GET', path: `/hello/${number}`, body: hello },
		{ kind: 'HEAD', method: 'HEAD', path: `/hello/${number}`,
			body: Buffer.alloc(0) },
		{ kind: 'GET of a file', path: '/files/digits.txt', body: digits },
		{ kind: 'range', path: '/files/big', status: 206,
			headers: { Range: `bytes=${first}-${first + 999}` },
			body: big.subarray(first, first + 1000) },
		{ kind: 'POST', method: 'POST', path: '/echo', data: hello,
			headers: { 'Content-Length': hello.length },
			body: hello },
		{ kind: 'POST chunked', method: 'POST', path: '/echo',
			pieces: split(digits, 7), body: digits },
		{ kind: 'POST with Expect', method: 'POST', path: '/echo',
			headers: { 'Content-Length': 36, Expect: '100-continue' },
			data: digits, body: digits },
		{ kind: 'GET later', path: '/wait/1',
			body: Buffer.from('waited\n') },
		{ kind: 'not found', path: '/none', status: 404 },
	];
}

const large = [
	{ kind: 'POST 1 MiB', method: 'POST', path: '/echo', data: big,
		headers: { 'Content-Length': big.length }, body: big },
	{ kind: 'GET 1 MiB', path: '/files/big', body: big },
];

async function main() {
	let count = 0;

	for (let number = 0; number < 25; number++)
		await Promise.all(kinds(number).map(ask));
	for (let number = 0; number < 10; number++) {
		await Promise.all(large.map(ask));
		await ask({ kind: 'POST 1 MiB chunked', method: 'POST',
			path: '/echo', pieces: split(big, 30000), body: big });
	}
	agent.destroy();
	for (const kind of Object.keys(done).sort()) {
		console.log(String(done[kind]).padStart(5), kind);
		count += done[kind];
	}
	console.log(String(count).padStart(5), 'requests by node',
	    process.version);
}

main().catch((error) => {
	console.error(error.message);
	process.exit(1);
});
