// SPDX-License-Identifier: MIT
// A reply that a content provider makes piece by piece. Between two pieces it needs no worker: if the client is slow,
// it waits with the connection, and any worker can continue it later.
#pragma once

#include "libbaton/io/client_watch.hpp"
#include "libbaton/io/output.hpp"
#include "libbaton/io/time.hpp"

#include <baton/options.hpp>
#include <httplib.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace baton::engine {

/// A request and its reply. Content providers may refer to the request, as with httplib.
struct Message {
    httplib::Request request;
    httplib::Response response;
};

class ReplyStream {
  public:
    /// How the client finds the end of the body.
    enum class Framing : std::uint8_t { length, chunks, end_of_connection };
    /// The response of `message` has a content provider; it must supply `length` bytes from `offset` on.
    struct Part {
        Framing framing;
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
    };

    /// Throws std::bad_alloc.
    ReplyStream(std::unique_ptr<Message> message, const Part& part, const Options& options);

    enum class Progress : std::uint8_t { finished, client_is_slow, time_is_over, failed };
    /// Asks the provider for more for a short time, until it is done, or until the client does not take the output.
    /// Waits for the client only if one call of the provider continues after Limits::max_unsent_bytes.
    [[nodiscard]] Progress go_on(Output& output) noexcept;
    /// Whether the provider threw an exception.
    [[nodiscard]] bool threw() const noexcept { return threw_; }
    [[nodiscard]] Message& message() noexcept { return *message_; }

  private:
    void set_up_sink();
    [[nodiscard]] bool ask_provider();
    [[nodiscard]] bool is_complete() const noexcept;
    [[nodiscard]] bool client_is_there() noexcept;
    [[nodiscard]] bool write(std::string_view data);
    [[nodiscard]] bool write_chunk(std::string_view data);
    void finish(const httplib::Headers& trailer);

    std::unique_ptr<Message> message_;
    const Options& options_;
    Framing framing_;
    std::uint64_t offset_;
    std::uint64_t end_;
    Instant client_seen_{};
    ClientWatch watch_;
    bool done_ = false;
    bool failed_ = false;
    bool threw_ = false;
    std::unique_ptr<httplib::detail::compressor> compressor_; ///< nullptr: no compression
    Output* output_ = nullptr;                                ///< the output of the current worker
    httplib::DataSink sink_;
};

/// The Content-Encoding that httplib uses for chunks to this client; "": none.
[[nodiscard]] const char* chunk_coding(const httplib::Request& request, const httplib::Response& response);

} // namespace baton::engine
