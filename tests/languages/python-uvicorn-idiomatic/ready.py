# SPDX-License-Identifier: MIT
# The application, saying READY=1 at its startup.
import os
import socket

import app as service


async def app(scope, receive, send):
    async def send_ready(message):
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.connect(os.environ["NOTIFY_SOCKET"])
                manager.sendall(b"READY=1")

    await service.app(scope, receive, send_ready)
