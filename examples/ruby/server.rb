#!/usr/bin/ruby
# SPDX-License-Identifier: MIT
# Puma on the socket that systemd holds, with a drain that fails no request. For Puma 5.6, of Debian 12.
require "puma"
require "puma/server"
require "socket"

require_relative "app"

IDLE_LIMIT = 10 # seconds after SIGTERM in which a kept connection may make its last request

# A listening socket that Puma leaves alone once the drain has begun; Puma itself can only stop whole. Puma selects by to_io.
class Listener
  def initialize(socket)
    @socket = socket
    @never_readable, @open_end = IO.pipe
    @draining = false
    @accepted = 0
    @connections = []
  end

  def quiet?
    @connections.all?(&:closed?)
  end

  def drain
    @draining = true
  end

  def to_io
    @draining ? @never_readable : @socket
  end

  def accept_nonblock
    raise IO::EAGAINWaitReadable if @draining # the connection stays in the queue, for the next release

    connection = @socket.accept_nonblock
    @connections.reject!(&:closed?) if ((@accepted += 1) % 1000).zero?
    @connections << connection
    connection
  end

  def close
    @socket.close
  end
end

# The Rack application, ending each connection with its next reply once the drain has begun.
class Closing
  def initialize(application)
    @application = application
    @draining = false
  end

  def drain
    @draining = true
  end

  def call(env)
    reply = @application.call(env)
    env["HTTP_CONNECTION"] = "close" if @draining # Puma then says Connection: close, and closes
    reply
  end
end

# The sockets that systemd has passed: descriptors 3 and up, sd_listen_fds(3).
def inherited
  number = ENV["LISTEN_FDS"].to_i
  if number < 1 || ENV["LISTEN_PID"].to_i != Process.pid
    abort "systemd passed no socket; without baton: systemd-socket-activate -l 8080 ./server.rb"
  end
  (3...3 + number).map { |fd| Listener.new(TCPServer.for_fd(fd)) }
end

# Tells systemd about this process: sd_notify(3).
def notify(state)
  path = ENV["NOTIFY_SOCKET"] or return
  manager = Socket.new(:UNIX, :DGRAM)
  manager.send(state, 0, Socket.sockaddr_un(path.sub(/\A@/, "\0")))
  manager.close
end

listeners = inherited
application = Closing.new(App)
# persistent_timeout: the default, 20 s, closes connections that clients still count on.
server = Puma::Server.new(application, Puma::Events.stdio,
                          environment: "production", min_threads: 4, max_threads: 32, persistent_timeout: 75)
server.binder.ios.concat(listeners)
terminated, signal = IO.pipe
trap("TERM") { signal.write_nonblock("T") }
server.run
notify "READY=1"

terminated.read(1)
application.drain
listeners.each(&:drain)
# server.stop comes last, because it closes idle connections at once, also one with a request on its way.
limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + IDLE_LIMIT
sleep 0.05 until listeners.all?(&:quiet?) || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
server.stop(true) # finishes what is in flight
