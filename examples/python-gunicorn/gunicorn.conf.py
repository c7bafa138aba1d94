# SPDX-License-Identifier: MIT
# gunicorn's settings.
wsgi_app = "app:app"
worker_class = "draining.DrainingWorker"
workers = 2
threads = 32
keepalive = 75  # the default, 2 s, closes connections that clients still count on
graceful_timeout = 75  # IDLE_LIMIT of draining.py and the longest request; less than TimeoutStopSec= (90 s)
preload_app = True  # otherwise gunicorn says READY=1 before it knows whether the application can be imported
accesslog = None
