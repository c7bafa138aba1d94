# SPDX-License-Identifier: MIT
# A web service as a WSGI application. Yours may come from Flask or Django: only the name in gunicorn.conf.py changes.
import hashlib
import json
import os
import time
from urllib.parse import parse_qs

# The working directory is the site's, as this release has it.
with open("watch.conf", encoding="utf-8") as conf:
    VER = json.load(conf)["Ver"]


def hello(environ):
    return {"message": "hello", "ver": VER, "pid": str(os.getpid())}


def upload(environ):
    digest, length = hashlib.sha256(), 0
    while piece := environ["wsgi.input"].read(65536):
        digest.update(piece)
        length += len(piece)
    return {"length": length, "sha256": digest.hexdigest()}


def slow(environ):
    ms = int(parse_qs(environ["QUERY_STRING"]).get("ms", ["1000"])[0])
    time.sleep(ms / 1000)
    return {"slept": ms}


ROUTES = {("GET", "/hello"): hello, ("POST", "/upload"): upload, ("GET", "/slow"): slow}


def app(environ, start_response):
    route = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    status, reply = ("200 OK", route(environ)) if route else ("404 Not Found", {"error": "not found"})
    body = json.dumps(reply).encode() + b"\n"
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
