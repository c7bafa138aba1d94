# SPDX-License-Identifier: MIT
# A worker for gunicorn 20.1, of Debian 12, whose drain fails no request.
import os
import selectors
import time

from gunicorn.workers.gthread import ThreadWorker

IDLE_LIMIT = 10  # seconds after SIGTERM in which a kept connection may make its last request


class DrainingWorker(ThreadWorker):
    """gunicorn's own gthread leaves its loop at SIGTERM, and with it every kept connection, also one with a request on its way."""

    drain_until = None

    def handle_exit(self, sig, frame):  # SIGTERM, from gunicorn's master
        if self.drain_until is not None:
            return
        self.drain_until = time.monotonic() + IDLE_LIMIT
        for listener in self.sockets:  # connections that wait in the queue are for the next release
            if listener in self.poller.get_map():
                self.poller.unregister(listener)
        self.cfg.set("keepalive", 0)  # from now on, each reply says Connection: close
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, lambda pipe: os.read(pipe, 4096))  # a byte wakes the loop

    def murder_keepalived(self):  # closes the connections that have been idle for longer than 'keepalive'
        if self.drain_until is None:
            super().murder_keepalived()

    def notify(self):  # once for each turn of the loop, which lasts a second at most
        super().notify()
        if self.drain_until is not None and (time.monotonic() > self.drain_until or self.is_alone()):
            self.alive = False  # the loop ends; what is in flight is finished
            os.write(self.PIPE[1], b".")

    def is_alone(self):
        for _ in range(2):  # between two requests, a connection is in neither for a moment
            if self._keep or self.futures:
                return False
            time.sleep(0.05)
        return True
