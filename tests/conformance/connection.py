# SPDX-License-Identifier: MIT
"""Sends bytes to a server unchanged, and returns what came back."""
import socket, time

PROBE = b"GET /in-step HTTP/1.1\r\nHost: probe\r\n\r\n"


class Reply:
    def __init__(self, status, seen, fields, body):
        self.status, self.seen, self.fields, self.body = status, seen, fields, body


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.received, self.ended = b"", False

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # it has closed: seen by what it said before

    def receive(self, until):
        self.socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self.ended = self.ended or not data
        self.received += data
        return bool(data)

    def parse(self):
        """The next whole reply among what was received, or None. At the end of the connection a body may be cut."""
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = {}
        for text in lines[1:]:
            name, _, value = text.partition(":")
            fields[name.lower()] = value.strip()
        seen = fields.get("x-seen", "")
        length = int(fields.get("content-length", 0))
        if seen.startswith("HEAD ") or status < 200 or status in (204, 304):
            length = 0
        if len(rest) < length and not self.ended:
            return None
        self.received = rest[length:]
        return Reply(status, seen, fields, rest[:length])

    def next_reply(self, patience):
        """The next one; None when nothing came within `patience` seconds, or the connection has ended."""
        until = time.monotonic() + patience
        while True:
            reply = self.parse()
            if reply:
                return reply
            if self.ended or not self.receive(until):
                reply = self.parse()
                return reply

    def final_reply(self, patience):
        while True:
            reply = self.next_reply(patience)
            if not reply or reply.status >= 200:
                return reply

    def has_ended(self, patience):
        until = time.monotonic() + patience
        while not self.ended and self.receive(until):
            pass
        return self.ended and not self.received

    def close(self):
        self.socket.close()
