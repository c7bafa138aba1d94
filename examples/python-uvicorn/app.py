# SPDX-License-Identifier: MIT
# A web service as an ASGI application. Yours may come from Starlette or FastAPI: only the import in serve.py changes.
import asyncio
import hashlib
import json
import os
from urllib.parse import parse_qs

# The working directory is the site's, as this release has it.
with open("watch.conf", encoding="utf-8") as conf:
    VER = json.load(conf)["Ver"]


async def hello(scope, receive):
    return {"message": "hello", "ver": VER, "pid": str(os.getpid())}


async def upload(scope, receive):
    digest, length, more = hashlib.sha256(), 0, True
    while more:
        message = await receive()
        piece = message.get("body", b"")
        digest.update(piece)
        length += len(piece)
        more = message.get("more_body", False)
    return {"length": length, "sha256": digest.hexdigest()}


async def slow(scope, receive):
    ms = int(parse_qs(scope["query_string"].decode()).get("ms", ["1000"])[0])
    await asyncio.sleep(ms / 1000)
    return {"slept": ms}


ROUTES = {("GET", "/hello"): hello, ("POST", "/upload"): upload, ("GET", "/slow"): slow}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    route = ROUTES.get((scope["method"], scope["path"]))
    status, reply = (200, await route(scope, receive)) if route else (404, {"error": "not found"})
    body = json.dumps(reply).encode() + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    while True:
        message = await receive()  # open the database at "lifespan.startup"
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
