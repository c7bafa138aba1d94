# SPDX-License-Identifier: MIT
# gunicorn's settings, and READY=1 at the right moment. For gunicorn 20.1, of Debian 12.
import os
import socket
import threading

wsgi_app = "app:app"
worker_class = "draining.DrainingWorker"
workers = 2
threads = 32
keepalive = 75  # the default, 2 s, closes connections that clients still count on
graceful_timeout = 75  # IDLE_LIMIT of draining.py and the longest request; less than TimeoutStopSec= (90 s)

# gunicorn itself says READY=1 before a worker has booted. So it does not get the socket for that: each worker that has booted tells
# the master through a pipe, and the master says READY=1, because systemd listens to it alone.
manager_path = os.environ.pop("NOTIFY_SOCKET", "")
from_workers, to_master = os.pipe()


def post_worker_init(worker):
    os.write(to_master, b".")


def when_ready(server):
    threading.Thread(target=say_ready, daemon=True).start()


def say_ready():  # sd_notify(3)
    while os.read(from_workers, 1) and manager_path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect("\0" + manager_path[1:] if manager_path.startswith("@") else manager_path)
            manager.sendall(b"READY=1")
