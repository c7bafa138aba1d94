# SPDX-License-Identifier: MIT
"""Compares the outcome of a case with the expected one. Returns the difference in a few words, or ""."""
import re, socket, time, urllib.parse

from connection import PROBE, Connection
from reading import read

PATIENCE = 5  # seconds, for what has to come
SILENCE = 0.3  # seconds, after which nothing is taken to come


def is_good(status):
    return 200 <= status < 300 or status == 404


def is_echo(reply, request):
    """Whether the server has seen the request that RFC 9112 sees. It gives back no body of a GET; 404s have none of this."""
    path = re.sub(rb"(?i)^https?://[^/?]*", b"", request.target).partition(b"?")[0] or b"/"
    wanted = request.method.decode("latin-1") + " " + urllib.parse.unquote(path.decode("latin-1"), "latin-1")
    has_body = request.method in (b"POST", b"PUT", b"PATCH", b"DELETE")
    return reply.status != 200 or (reply.seen == wanted and (not has_body or reply.body == request.body))


def end_difference(connection, last):
    """Behind the last reply: closed as it said, or in step."""
    if last and last.fields.get("connection", "").lower() == "close":
        return "" if connection.has_ended(PATIENCE) else "still open behind a reply that says close"
    connection.send(PROBE)
    reply = connection.final_reply(PATIENCE)
    if reply and reply.seen == "GET /in-step":
        return ""
    return f"out of step: {reply.status} {reply.seen}".rstrip() if reply else "closed"


def refused_difference(connection, reply=None):
    reply = reply or connection.final_reply(SILENCE)
    if not reply and not connection.ended:  # it may wait for the rest of a line
        connection.socket.shutdown(socket.SHUT_WR)
        reply = connection.final_reply(PATIENCE)
    if reply and reply.status < 400:
        return f"answered by {reply.status}"
    if not connection.ended:
        connection.send(PROBE)
    if not connection.has_ended(PATIENCE):
        return "still open behind a refusal" if reply else "waits for more"
    return ""


def incomplete_difference(connection):
    reply = connection.final_reply(SILENCE)
    return f"answered by {reply.status} before its end" if reply and reply.status < 400 else ""


def difference(port, case):
    connection = Connection(port)
    try:
        connection.send(case.data)
        if case.statuses is not None:
            return status_difference(connection, case)
        last, by_the_book = None, read(case.data)[0]
        for number in range(case.answered):
            last = connection.final_reply(PATIENCE)
            if not last:
                return f"{'closed' if connection.ended else 'silent'} after {number} of {case.answered} replies"
            if case.at_most and last.status >= 400:
                return refused_difference(connection, last)
            if not is_good(last.status):
                return f"refused with {last.status}"
            if number < len(by_the_book) and not is_echo(last, by_the_book[number]):
                return f"another request: {last.seen} {last.body[:40]!r}"
        if case.rest == "refused":
            return refused_difference(connection)
        if case.rest == "incomplete":
            return incomplete_difference(connection)
        if case.rest == "closed":
            return "" if connection.has_ended(PATIENCE) else "still open behind a request that says close"
        return end_difference(connection, last)
    finally:
        connection.close()


def status_difference(connection, case):
    """h1spec's own rule: the first status of all within half a second, 100 included; its echo when that is 200."""
    reply = connection.next_reply(0.5)
    if not case.statuses:
        return "" if not reply and not connection.ended else "did not wait for the rest"
    if not reply:
        return "closed" if connection.ended else "silent"
    if not any(low <= reply.status <= high for low, high in case.statuses):
        return f"answered by {reply.status}"
    return "another body" if reply.status == 200 and case.body not in (None, reply.body) else ""
