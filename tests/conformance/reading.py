# SPDX-License-Identifier: MIT
"""How RFC 9110 and RFC 9112 read a client's bytes: a second opinion, for corpora without expectations."""
import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(%s) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])\r\n" % TOKEN)
FIELD = re.compile(rb"(%s):[ \t]*([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?[ \t]*\r\n" % TOKEN)
QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)((?:[ \t]*;[ \t]*%s(?:[ \t]*=[ \t]*(?:%s|%s))?)*)\r\n" % (TOKEN, TOKEN, QUOTED))
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?")


class Refused(Exception):
    pass


class Incomplete(Exception):
    pass


class Request:
    def __init__(self, method, target, body, closes):
        self.method, self.target, self.body, self.closes = method, target, body, closes


def line(pattern, data, at):
    """The match of a whole line. Raises Incomplete where the line has no end, Refused where it is another."""
    match = pattern.match(data, at)
    if match:
        return match
    if b"\n" in data[at:]:
        raise Refused(pattern)
    raise Incomplete


def read_fields(data, at):
    fields = []
    while not data.startswith(b"\r\n", at):
        match = line(FIELD, data, at)
        fields.append((match[1].lower(), match[2] or b""))
        at = match.end()
    return fields, at + 2


def read_chunks(data, at):
    body = b""
    while True:
        match = line(CHUNK_LINE, data, at)
        size, at = int(match[1], 16), match.end()
        if size == 0:
            break
        if size >= 1 << 64:
            raise Refused("chunk size")
        end = at + size
        if data[end:end + 2] != b"\r\n":
            if b"\r\n".startswith(data[end:end + 2]):
                raise Incomplete
            raise Refused("chunk end")
        body += data[at:end]
        at = end + 2
    return body, read_fields(data, at)[1]


def read_body(method, version, fields, data, at):
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if codings:
        known = [coding.strip(b" \t").lower() for coding in codings[0].split(b",")]
        # An empty element of a list is none, RFC 9110 section 5.6.1.2.
        if lengths or version < (1, 1) or len(codings) > 1 or [coding for coding in known if coding] != [b"chunked"]:
            raise Refused("framing")
        return read_chunks(data, at)
    if not lengths:
        return b"", at
    if len(lengths) > 1 or not re.fullmatch(rb"[0-9]+", lengths[0]) or int(lengths[0]) >= 1 << 64:
        raise Refused("Content-Length")
    end = at + int(lengths[0])
    if end > len(data):
        raise Incomplete
    return data[at:end], end


def closes(version, fields):
    options = [option.strip().lower() for name, value in fields if name == b"connection" for option in value.split(b",")]
    return b"close" in options or (version == (1, 0) and b"keep-alive" not in options)


def read_request(data, at):
    match = line(REQUEST_LINE, data, at)
    method, target, version = match[1], match[2], (int(match[3]), int(match[4]))
    if version[0] != 1 or b"#" in target:
        raise Refused("version or target")
    if not re.match(rb"/|https?://", target, re.I) and not (method == b"OPTIONS" and target == b"*"):
        raise Refused("target")
    fields, at = read_fields(data, match.end())
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1 or (version >= (1, 1) and not hosts) or (hosts and not HOST.fullmatch(hosts[0])):
        raise Refused("Host")
    body, at = read_body(method, version, fields, data, at)
    return Request(method, target, body, closes(version, fields)), at


def read(data):
    """The requests, and what comes behind them: "end", "refused", "incomplete"; "closed" behind one that says close."""
    requests, at = [], 0
    while True:
        while data.startswith(b"\r\n", at):
            at += 2
        if at == len(data):
            return requests, "end"
        try:
            request, at = read_request(data, at)
        except Refused:
            return requests, "refused"
        except Incomplete:
            return requests, "incomplete"
        requests.append(request)
        if request.closes:
            return requests, "closed"
