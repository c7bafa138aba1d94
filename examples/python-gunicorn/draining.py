# SPDX-License-Identifier: MIT
# A worker for gunicorn 20.1, of Debian 12, whose drain fails no request.
import time

from gunicorn.workers.gthread import ThreadWorker

IDLE_LIMIT = 10  # seconds after SIGTERM in which a kept connection may make its last request


class DrainingWorker(ThreadWorker):
    """gunicorn's own gthread leaves its loop at SIGTERM, and with it every kept connection, also one with a request on its way."""

    drain_until = None
    was_alone = False

    def handle_exit(self, sig, frame):  # SIGTERM, from gunicorn's master
        if self.drain_until is not None:
            return
        self.drain_until = time.monotonic() + IDLE_LIMIT
        for listener in self.sockets:  # connections that wait in the queue are for the next release
            if listener in self.poller.get_map():
                self.poller.unregister(listener)
        self.cfg.set("keepalive", 0)  # from now on, each reply says Connection: close

    def murder_keepalived(self):  # closes the connections that have been idle for longer than 'keepalive'
        if self.drain_until is None:
            super().murder_keepalived()

    def notify(self):  # once for each turn of the loop, which lasts a second at most
        super().notify()
        if self.drain_until is None:
            return
        alone = not self._keep and not self.futures  # for a moment also while a connection goes from one to the other: so, twice
        if (alone and self.was_alone) or time.monotonic() > self.drain_until:
            self.alive = False  # the loop ends; what is in flight is finished
        self.was_alone = alone
