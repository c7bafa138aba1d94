#!/bin/sh
# SPDX-License-Identifier: MIT
# uvicorn as its documentation has it: --fd, and READY=1 from the application's startup. Compared with examples/python-uvicorn.
set -eu
exec uvicorn --fd 3 --no-access-log ready:app
