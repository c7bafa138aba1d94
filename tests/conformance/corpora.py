# SPDX-License-Identifier: MIT
"""Reads the corpora in their projects' formats: each request's bytes, and the expected outcome."""
import ast, json, os, re

from reading import REQUEST_LINE, Incomplete, Refused, read, read_request


class Case:
    """`answered` requests get a good reply, or with `at_most` fewer, before a refusal. `rest` says what comes then: see
    judge.py. h1spec has `statuses` instead."""

    def __init__(self, name, data, answered=0, rest="end", at_most=False, statuses=None, body=None):
        self.name, self.data, self.answered, self.rest, self.at_most = name, data, answered, rest, at_most
        self.statuses, self.body = statuses, body


def text_of(*path):
    with open(os.path.join(*path), encoding="latin-1") as file:  # byte for byte
        return file.read()


def with_hosts(data):
    """With a Host in each request of HTTP/1.1 that has none: some of the corpora are about parsers, which ask for none."""
    done = b""
    while True:
        begin = len(data) - len(data.lstrip(b"\r\n"))
        done, data = done + data[:begin], data[begin:]
        start = REQUEST_LINE.match(data)
        head = data.partition(b"\r\n\r\n")[0]
        if start and start[3] + start[4] == b"11" and not re.search(rb"(?im)^host[ \t]*:", head):
            data = data[:start.end()] + b"Host: a\r\n" + data[start.end():]
        try:
            end = read_request(data, 0)[1]
        except (Refused, Incomplete):
            return done + data
        done, data = done + data[:end], data[end:]


def by_the_book(name, data):
    requests, rest = read(data)
    return Case(name, data, len(requests), rest)


def unescape(text):
    simple = {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}
    return re.sub(r"\\(?:x([0-9a-fA-F]{2})|([rnt0\\\"]))",
                  lambda m: chr(int(m[1], 16)) if m[1] else simple.get(m[2], m[2]), text).encode("latin-1")


# --- h1spec: http_test.ts has a list of literals


def h1spec(directory):
    text = text_of(directory, "http_test.ts")
    literal = r'"((?:[^"\\]|\\.)*)"'
    for block in re.findall(r"\{\s*request:.*?\n    \}", text, re.S):
        request = re.search(r"request:\s*" + literal, block)[1]
        description = re.search(r"description:\s*" + literal, block)[1]
        statuses = json.loads(re.sub(r",\s*\]", "]", re.search(r"expectedStatus:\s*(\[\[.*?\]\])", block, re.S)[1]))
        body = re.search(r"expectedBody:\s*" + literal, block)
        if "expectedTimeout: true" in block:
            statuses = []
        yield Case(description, unescape(request), statuses=statuses, body=unescape(body[1]) if body else None)


# --- llhttp: test/request/*.md, as test/md-test.ts reads them


def llhttp_input(text):
    text = re.sub(r"\n\Z", "", text)
    text = re.sub(r"\\\n", "", text).replace("\n", "\r\n")
    for escape, char in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\f")):
        text = text.replace(escape, char)
    text = re.sub(r"\\x([0-9a-fA-F]+)", lambda m: chr(int(m[1], 16)), text)
    return re.sub(r"\\([0-7]{1,3})", lambda m: chr(int(m[1], 8)), text).encode("latin-1")


def llhttp_case(name, data, log):
    error = re.search(r'off=(\d+) error code=(\d+) reason="(.*?)"', log)
    answered = len(re.findall(r"message complete$", log, re.M))
    if error and error[2] == "22":  # it stops before another protocol
        return Case(name, with_hosts(data[:int(error[1])]), answered, "end")
    if error:
        return Case(name, with_hosts(data), answered, "refused")
    begun = len(re.findall(r"message begin$", log, re.M))
    return Case(name, with_hosts(data), answered, "incomplete" if begun > answered else "end")


def llhttp(directory):
    folder = os.path.join(directory, "test", "request")
    block = re.compile(r"^#+ (.*?)\n|<!-- meta=(\{[^\n]*\}) -->\s*```http\n(.*?)```\n(?:(?!```).)*```log\n(.*?)```", re.S | re.M)
    for file in sorted(os.listdir(folder)):
        title = ""
        for heading, meta, request, log in block.findall(text_of(folder, file)):
            if heading:
                title = heading
                continue
            meta = json.loads(meta)
            if meta.get("skip") or meta.get("skipBody"):  # the latter is of llhttp's interface
                continue
            kind = meta["type"].removeprefix("request").lstrip("-")
            yield llhttp_case(f"{file}/{title}" + (f" ({kind})" if kind else ""), llhttp_input(request), log)


# --- gunicorn: tests/requests/{valid,invalid}/*.http, and what is wanted in *.py beside


def gunicorn_requests(source):
    """How many requests the file wants; None: an error. The last assignment counts."""
    known = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            known[node.targets[0].id] = node.value
    wanted = known["request"]
    if isinstance(wanted, ast.List):
        return len(wanted.elts)
    return 1 if isinstance(wanted, ast.Dict) else None


def gunicorn(directory):
    for folder in ("valid", "invalid"):
        path = os.path.join(directory, "tests", "requests", folder)
        for file in sorted(os.listdir(path)):
            if not file.endswith(".http"):
                continue
            name, source = f"{folder}/{file[:-5]}", text_of(path, file[:-5] + ".py")
            if "cfg.set" in source:
                name += " (configured)"
            data = with_hosts(unescape(text_of(path, file).replace("\n", "")))
            wanted = gunicorn_requests(source)
            if wanted is None:
                yield Case(name, data, len(read(data)[0]), "refused", at_most=True)
            else:
                yield Case(name, data, wanted, "end")


# --- http-garden: the payloads in TROPHIES.md


def http_garden(directory):
    section = ""
    for number, text in enumerate(text_of(directory, "TROPHIES.md").splitlines(), 1):
        bug = re.match(r"#+ (.*)|\d+\. (.*)", text)
        if bug:
            section = (bug[1] or bug[2]).encode("latin-1").decode()
        payload = re.match(r"\s*- Payload: (`.*)", text)
        if payload:
            data = with_hosts(b"".join(unescape(part) for part in re.findall(r"`(.*?)`", payload[1])))
            yield by_the_book(f"{number}: {section}", data)


# --- smuggler: configs/*.py fill a table of heads, each sent with two bodies


class Payload:
    header = ""


def smuggler(directory):
    folder = os.path.join(directory, "configs")
    for file in sorted(os.listdir(folder)):
        mutations = {}
        exec(text_of(folder, file), {"__builtins__": {"range": range}, "Payload": Payload, "mutations": mutations})
        for name, payload in mutations.items():
            for kind, length, body in (("TE.CL 6", 6, "0\r\n\r\nX"), ("TE.CL 5", 5, "0\r\n\r\nX"),
                                       ("CL.TE 4", 4, "1\r\nZ\r\n0\r\n\r\n"), ("CL.TE 11", 11, "1\r\nZ\r\n0\r\n\r\n")):
                text = payload.header + "\r\n" + body
                for word, value in (("__REPLACE_CL__", str(length)), ("__METHOD__", "POST"), ("__ENDPOINT__", "/"),
                                    ("__RANDOM__", "1"), ("__HOST__", "a")):
                    text = text.replace(word, value)
                full = f"{file}/{name} {kind}"
                yield by_the_book(full, text.encode())  # as smuggler.py sends it
                if not text.isascii():
                    yield by_the_book(full + " as bytes", text.encode("latin-1"))


READERS = {"h1spec": h1spec, "llhttp": llhttp, "gunicorn": gunicorn, "http-garden": http_garden, "smuggler": smuggler}
