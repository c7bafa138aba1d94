# SPDX-License-Identifier: MIT
# A web service as a Rack application. Yours may come from Rails or Sinatra: only the constant in server.rb changes.
require "digest"
require "json"
require "uri"

# The working directory is the site's, as this release has it.
VER = JSON.parse(File.read("watch.conf")).fetch("Ver")

module App
  def self.call(env)
    status, reply =
      case "#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}"
      when "GET /hello" then [200, { message: "hello", ver: VER, pid: Process.pid.to_s }]
      when "POST /upload" then [200, upload(env["rack.input"])]
      when "GET /slow" then [200, slow(URI.decode_www_form(env["QUERY_STRING"]).to_h.fetch("ms", "1000").to_i)]
      else [404, { error: "not found" }]
      end
    [status, { "Content-Type" => "application/json" }, ["#{JSON.generate(reply)}\n"]]
  end

  def self.upload(input)
    digest = Digest::SHA256.new
    length = 0
    while (piece = input.read(65_536))
      digest << piece
      length += piece.bytesize
    end
    { length: length, sha256: digest.hexdigest }
  end

  def self.slow(milliseconds)
    sleep milliseconds / 1000.0
    { slept: milliseconds }
  end
end
