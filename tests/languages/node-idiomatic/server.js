#!/usr/bin/node
// SPDX-License-Identifier: MIT
// What most Node programs do on SIGTERM: server.close(), and the program ends with its last connection. Compared with examples/node.
'use strict';

const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const http = require('node:http');

const VER = JSON.parse(readFileSync('watch.conf', 'utf8')).Ver;

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  let reply = { message: 'hello', ver: VER, pid: String(process.pid) };
  if (url.pathname === '/upload') {
    const digest = createHash('sha256');
    let length = 0;
    for await (const piece of request) {
      digest.update(piece);
      length += piece.length;
    }
    reply = { length, sha256: digest.digest('hex') };
  } else if (url.pathname === '/slow') {
    await new Promise((done) => setTimeout(done, Number(url.searchParams.get('ms'))));
  }
  response.end(JSON.stringify(reply));
});

process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen({ fd: 3 }, () => execFileSync('systemd-notify', ['--ready']));
