# SPDX-License-Identifier: MIT
# gunicorn with threads, as its documentation has it. Compared with examples/python-gunicorn.
wsgi_app = "app:app"
workers = 2
threads = 32
