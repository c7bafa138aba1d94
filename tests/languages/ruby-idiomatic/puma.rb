# SPDX-License-Identifier: MIT
# Puma's settings.
require "socket"

require_relative "app"

bind_to_activated_sockets "only"
threads 4, 32
app App
# What the gem sd_notify does in Puma's plugin systemd.
Thread.new do
  sleep 0.5
  manager = Socket.new(:UNIX, :DGRAM)
  manager.send("READY=1", 0, Socket.sockaddr_un(ENV.fetch("NOTIFY_SOCKET")))
end
