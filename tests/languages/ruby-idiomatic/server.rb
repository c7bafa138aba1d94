#!/bin/sh
# SPDX-License-Identifier: MIT
# Puma as its documentation has it: it takes systemd's socket, and its own stop is the drain. Compared with examples/ruby.
set -eu
exec puma --config puma.rb
