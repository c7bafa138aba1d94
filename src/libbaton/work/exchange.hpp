// SPDX-License-Identifier: MIT
// One request and its reply on a worker; decides what happens to the connection afterwards. It calls a plain route's
// handler itself; everything else, and every reply that is not simply a body, goes through cpp-httplib.
#pragma once

#include "libbaton/reply/reply_head.hpp"
#include "libbaton/reply/reply_stream.hpp"
#include "libbaton/request/request_head.hpp"
#include "libbaton/route/route_table.hpp"
#include "libbaton/work/core.hpp"
#include "libbaton/work/request_stream.hpp"

namespace baton::engine {

class Exchange {
  public:
    Exchange(Core& core, Connection& connection, Input& input, Output& output, const RequestHead& asked);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// The exchange that this thread is running, if any.
    [[nodiscard]] static Exchange* current() noexcept;

    /// Runs the handler. Then the reply is in the output or already sent; or its head is, and the rest is the
    /// connection's stream. Does not throw.
    enum class Body : std::uint8_t { here, to_come };
    AfterReply serve(Body body) noexcept;

    /// Calls the program's Expect handler before the body arrives. False: its answer is the reply; send it with
    /// answer_early().
    bool body_is_welcome();
    AfterReply answer_early() noexcept;
    /// Looks for a route before the body arrives. False: the reply is ready, as above.
    bool find_route();
    /// Whether the pre-routing hook has already run for this request.
    [[nodiscard]] bool hook_was_asked() const noexcept { return hook_was_asked_; }
    /// Makes the engine's own reply with the program's error handler and hooks; the connection ends with it.
    AfterReply refuse(int status, std::string_view reason) noexcept;

    /// httplib's pre-routing hook: true if `response` has already been made here.
    bool take_ready(const httplib::Request& request, httplib::Response& response);
    /// httplib's post-routing hook, which decides about the reply's head.
    void finish_head(const httplib::Request& request, httplib::Response& response);

  private:
    template <class Make>
    [[nodiscard]] AfterReply run(Make make) noexcept;
    void make_message();
    void make_refusal(int status, std::string_view reason);
    [[nodiscard]] AfterReply answer_throwing_provider();
    [[nodiscard]] bool write_reply();
    static void settle_status(httplib::Response& response);
    static void drop_body(httplib::Response& response);
    void watch_provider(httplib::Response& response);
    static void settle_provider(httplib::Response& response);
    void expect_reply(const httplib::Request& request, httplib::Response& response);
    [[nodiscard]] bool may_be_file(const std::string& path) const;
    [[nodiscard]] const RouteTable::Handler* find_handler();
    [[nodiscard]] bool serve_plain(const RouteTable::Handler& handler);
    [[nodiscard]] bool is_answered_by_hook();
    [[nodiscard]] bool serve_hooked(Body body);
    [[nodiscard]] bool hand_over();
    void call_handler(const RouteTable::Handler& handler);
    [[nodiscard]] bool read_plain_body(std::string& body);
    [[nodiscard]] bool needs_httplib(const httplib::Request& request, const httplib::Response& response) const;
    void write_plain(const httplib::Request& request, httplib::Response& response);
    void write_stream(httplib::Request& request, httplib::Response& response);
    [[nodiscard]] static ReplyStream::Part frame_stream(const httplib::Request& request, httplib::Response& response);
    void write_head(const httplib::Request& request, httplib::Response& response, LengthField length);

    [[nodiscard]] bool run_httplib();
    void take_ready_request(httplib::Request& request) const;
    void complete_fields(httplib::Response& response) const;
    [[nodiscard]] AfterReply decide(const httplib::Response& response, bool handler_closes);
    [[nodiscard]] std::string_view connection_option() const noexcept;
    [[nodiscard]] bool more_requests_wait() const noexcept;

    Core& core_;
    Connection& connection_;
    Input& input_;
    Output& output_;
    const RequestHead& asked_;
    const http::Head& head_ = asked_.head;
    RequestBody body_;
    RequestStream stream_;
    std::unique_ptr<Message> message_;          ///< for a route found here; a stream takes it over
    httplib::Request* ready_request_ = nullptr; ///< a plain route's request that goes through httplib after all
    httplib::Response* ready_response_ = nullptr;
    bool hook_was_asked_ = false;
    bool head_finished_ = false;
    AfterReply after_ = AfterReply::close;
};

} // namespace baton::engine
