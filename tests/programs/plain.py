#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# What a program without libbaton does at the least: takes the socket, says READY=1, drains. Python's standard library alone.
# In watch.conf's Env, FORGETS=1 makes it end at SIGTERM without a drain, SILENT=1 makes it say nothing, and SOCKET_FD is where
# it finds its socket.
import http.server
import json
import os
import signal
import socket
import sys
import threading
import time

IDLE_LIMIT = 5  # seconds after SIGTERM in which a kept connection may make its last request

with open("watch.conf", encoding="utf-8") as conf:
    HELLO = json.dumps({"message": "hello", "ver": json.load(conf)["Ver"], "pid": str(os.getpid())}).encode()
draining = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(HELLO)))
        if draining.is_set():
            self.send_header("Connection", "close")  # closes it as well
        self.end_headers()
        self.wfile.write(HELLO)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, listener):
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        listener.setblocking(False)  # another release may have accepted what select(2) saw


def drain(*_):
    if os.environ.get("FORGETS"):
        os._exit(0)
    draining.set()
    threading.Thread(target=server.shutdown).start()  # serve_forever() returns: nothing is accepted any more


if os.environ.get("LISTEN_PID") != str(os.getpid()):
    sys.exit("systemd passed no socket")
server = Server(socket.socket(fileno=int(os.environ.get("SOCKET_FD", "3"))))
signal.signal(signal.SIGTERM, drain)
if not os.environ.get("SILENT"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect(os.environ["NOTIFY_SOCKET"])
        manager.sendall(b"READY=1")
server.serve_forever(poll_interval=0.05)
limit = time.monotonic() + IDLE_LIMIT
while threading.active_count() > 1 and time.monotonic() < limit:
    time.sleep(0.02)
os._exit(0)  # not sys.exit(), which waits for the threads of idle connections
