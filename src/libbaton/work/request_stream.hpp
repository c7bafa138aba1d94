// SPDX-License-Identifier: MIT
// The stream that cpp-httplib sees instead of a socket: a constant request line, then the correctly framed body; it
// ends with the body. One source for httplib 0.11 (Debian 12), 0.18 and 0.41: the union of their virtual functions,
// hence no `override`.
#pragma once

#include "libbaton/connection/connection.hpp"
#include "libbaton/io/client_watch.hpp"
#include "libbaton/io/output.hpp"
#include "libbaton/reply/reply_check.hpp"
#include "libbaton/request/request_body.hpp"

#include <httplib.h>

#include <string>

namespace baton::engine {

enum class Flushing : std::uint8_t { when_full, at_once };

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winconsistent-missing-override"
#pragma clang diagnostic ignored "-Wsuggest-override"
#endif
class RequestStream : public httplib::Stream {
  public:
    RequestStream(const http::Head& head, RequestBody& body, Output& output, Connection& connection,
                  const Options& options) noexcept;

    /// Sends a streamed reply piece by piece, as its handler produces it.
    void set_flushing(Flushing flushing) noexcept { flushing_ = flushing; }
    /// The status and the framing in the head that httplib will write.
    void expect_reply(int status, ReplyCheck::Framing framing, std::uint64_t length = 0) noexcept {
        status_to_come_ = status;
        check_.expect(framing, length);
    }
    [[nodiscard]] bool body_has_begun() const noexcept { return check_.body_has_begun(); }
    [[nodiscard]] bool reply_is_whole() const noexcept { return check_.whole(); }

    /// The Request that httplib fills with the body. Reserves memory for a body of unknown decoded size: growing step
    /// by step would hold it twice for a while.
    void fills(httplib::Request& request);

    bool is_readable() const { return true; }
    bool is_writable() const { return is_peer_alive(); }
    bool wait_readable() const { return true; }
    bool wait_writable() const { return is_peer_alive(); }
    bool is_peer_alive() const;
    time_t duration() const { return 0; }
    void set_read_timeout(time_t, time_t = 0) {}
    ssize_t read(char* data, size_t size);
    ssize_t write(const char* data, size_t size);
    void get_remote_ip_and_port(std::string& ip, int& port) const;
    void get_local_ip_and_port(std::string& ip, int& port) const;
    socket_t socket() const { return connection_.socket.get(); }

  private:
    ssize_t read_chunked(char* data, std::size_t size);
    void reserve_for_files();

    RequestBody& body_;
    Output& output_;
    Connection& connection_;
    const Options& options_;
    http::BodyKind kind_;
    mutable ClientWatch watch_;
    std::uint64_t given_ = 0;
    Flushing flushing_ = Flushing::when_full;
    ReplyCheck check_;
    int status_to_come_ = 0;   ///< of a head that httplib has not written yet
    std::string_view pending_; ///< to be read before the body continues
    std::string chunk_;        ///< a chunk of the body in our own framing; pending_ points into it
    bool last_chunk_given_ = false;
    httplib::Request* filled_ = nullptr; ///< only if memory is reserved
};
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

} // namespace baton::engine
