#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# Holds back until baton has switched to it: written by baton-program(7) alone, one request at a time. In watch.conf's Env, SICK=1
# makes /healthz a 500.
import os
import select
import signal
import socket
import sys

env = os.environ
state = "held" if env.get("BATON_HOLD") else "serving"
told_to_end = []
signal.signal(signal.SIGTERM, lambda *_: told_to_end.append(True))
public = socket.socket(fileno=3)
private = socket.socket(socket.AF_UNIX)
private.bind(env["BATON_PRIVATE_SOCKET"])
private.listen()


def ask_the_link():
    global state
    if os.path.basename(os.readlink(env["BATON_LIVE"])) != env["BATON_RELEASE"]:
        sys.exit(1)
    state = "serving"


def reply(is_private, method, path):
    global state
    if is_private and (method, path) == ("POST", "/.baton/accept"):
        state = "serving"
        return "204 No Content", ""
    if is_private and path == "/.baton/state":
        return "200 OK", f'{{"release": "{env["BATON_RELEASE"]}", "pid": {os.getpid()}, "state": "{state}"}}'
    sick = env.get("SICK") and path == "/healthz"
    return "500 Sick" if sick else "200 OK", f'{{"message": "hello", "ver": "{env["BATON_VER"]}", "pid": "{os.getpid()}"}}'


def answer(client, is_private):
    client.settimeout(1)
    request = b""
    while b"\r\n\r\n" not in request:
        got = client.recv(4096)
        if not got:
            return
        request += got
    status, body = reply(is_private, *request.decode().split(" ", 2)[:2])
    client.sendall(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


baton = None
if state == "held":
    try:
        baton = os.pidfd_open(int(env["BATON_HOLD"]))
    except ProcessLookupError:
        ask_the_link()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.connect(env["NOTIFY_SOCKET"])
    manager.sendall(b"READY=1")
while not told_to_end:
    held = state == "held"
    wanted = [private] + ([baton] if held and baton is not None else []) + ([] if held else [public])
    for ready in select.select(wanted, [], [], 0.1)[0]:
        if ready == baton:
            if state == "held":
                ask_the_link()
            continue
        with ready.accept()[0] as client:
            try:
                answer(client, ready is private)
            except OSError:
                pass  # that client has gone; one that asks is waited for
sys.exit(0)  # one at a time: nothing is in flight
