#!/usr/bin/node
// SPDX-License-Identifier: MIT
// A web service on the socket that systemd holds, with a drain that fails no request. Node alone; 18.20 (Debian 12) or newer.
'use strict';

const { execFile } = require('node:child_process');
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');

const IDLE_LIMIT = 10_000; // ms after SIGTERM in which a kept connection may make its last request

const connections = new Set();
let draining = false;

const server = http.createServer((request, response) => {
  if (draining) response.setHeader('Connection', 'close'); // Node closes the connection behind this reply
  serve(request, response);
});
server.keepAliveTimeout = 75_000; // the default, 5 s, closes connections that clients still count on
server.on('connection', (socket) => {
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
});

// Tells systemd about this process, sd_notify(3). Node has no datagrams on unix sockets; so a child says it, and the unit needs
// NotifyAccess=all.
function notifyReady() {
  if (!process.env.NOTIFY_SOCKET) return;
  execFile('systemd-notify', ['--ready'], (error) => {
    if (error) fail(`saying READY=1: ${error.message}`);
  });
}

// Ends this release without failing a request. Not server.close(): since Node 19 it closes idle connections at once, also one
// with a request on its way; before, it leaves them as they are, and a busy client keeps the release until it is killed.
function drain() {
  if (draining) return;
  draining = true; // from now on, each reply says Connection: close
  net.Server.prototype.close.call(server); // connections that wait in the queue are for the next release
  const limit = Date.now() + IDLE_LIMIT;
  setInterval(() => {
    if (Date.now() >= limit) setImmediate(() => server.closeIdleConnections()); // behind what has arrived
    if (connections.size === 0) process.exit(0);
  }, 50);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

process.on('SIGTERM', drain);
if (process.env.LISTEN_FDS !== '1' || process.env.LISTEN_PID !== String(process.pid))
  fail('systemd passed no socket, or several; without baton: systemd-socket-activate -l 8080 ./server.js');
server.listen({ fd: 3, backlog: 4096 }, notifyReady);

// Your program begins here.
const VER = JSON.parse(readFileSync('watch.conf', 'utf8')).Ver; // the working directory is the site's, as this release has it

function serve(request, response) {
  const [path, query] = request.url.split('?', 2);
  const route = `${request.method} ${path}`;
  if (route === 'GET /hello') reply(response, 200, { message: 'hello', ver: VER, pid: String(process.pid) });
  else if (route === 'POST /upload') upload(request, response);
  else if (route === 'GET /slow') {
    const ms = Number(new URLSearchParams(query).get('ms') ?? 1000);
    setTimeout(() => reply(response, 200, { slept: ms }), ms);
  } else reply(response, 404, { error: 'not found' });
}

function upload(request, response) {
  const digest = createHash('sha256');
  let length = 0;
  request.on('data', (piece) => {
    digest.update(piece);
    length += piece.length;
  });
  request.on('end', () => reply(response, 200, { length, sha256: digest.digest('hex') }));
}

function reply(response, status, value) {
  const body = JSON.stringify(value) + '\n';
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
