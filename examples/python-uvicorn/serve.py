#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# uvicorn on the socket that systemd holds, with a drain that fails no request. For uvicorn 0.17.6, of Debian 12.
import asyncio
import os
import socket
import sys
import time

import uvicorn

from app import app

IDLE_LIMIT = 10  # seconds after SIGTERM in which a kept connection may make its last request


def inherited():
    """The sockets that systemd has passed: descriptors 3 and up, sd_listen_fds(3)."""
    number = int(os.environ.get("LISTEN_FDS", "0"))
    if number < 1 or os.environ.get("LISTEN_PID") != str(os.getpid()):
        sys.exit("systemd passed no socket; without baton: systemd-socket-activate -l 8080 ./serve.py")
    # Not uvicorn's --fd: it takes every socket for a unix socket, sets no TCP_NODELAY, and small replies are late by 40 ms.
    return [socket.socket(fileno=fd) for fd in range(3, 3 + number)]


def notify(state):
    """Tells systemd about this process: sd_notify(3)."""
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect("\0" + path[1:] if path.startswith("@") else path)
            manager.sendall(state.encode())


class Server(uvicorn.Server):
    draining = False

    async def startup(self, sockets=None):
        await super().startup(sockets)
        if self.started:
            notify("READY=1")

    async def shutdown(self, sockets=None):
        """uvicorn's own comes last, because it closes idle connections at once, also one with a request on its way."""
        self.draining = True  # from now on, each reply says Connection: close
        for server in self.servers:  # connections that wait in the queue are for the next release
            server.close()
        limit = time.monotonic() + IDLE_LIMIT
        await asyncio.sleep(0.1)  # what was accepted last becomes a connection
        while self.server_state.connections and time.monotonic() < limit:
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


def closing(application):
    """The ASGI application, ending each connection with its next reply once the drain has begun."""

    async def wrapped(scope, receive, send):
        async def send_closing(message):
            if message["type"] == "http.response.start" and server.draining:
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await application(scope, receive, send_closing)

    return wrapped


# timeout_keep_alive: the default, 5 s, closes connections that clients still count on. backlog: the socket's own stays.
server = Server(uvicorn.Config(closing(app), loop="asyncio", http="h11", timeout_keep_alive=75, backlog=4096, access_log=False))
server.run(inherited())
