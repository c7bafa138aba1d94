// SPDX-License-Identifier: MIT
// One request and its reply, run through cpp-httplib on a worker; decides what becomes of the connection after it.
#pragma once

#include "libbaton/engine/core.hpp"
#include "libbaton/engine/request_stream.hpp"
#include "libbaton/http/target.hpp"

namespace baton::engine {

class Exchange {
  public:
    Exchange(Core& core, Connection& connection, Input& input, Output& output, const http::Head& head,
             const http::Target& target) noexcept;
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    /// The one this thread is running, if any.
    [[nodiscard]] static Exchange* current() noexcept;

    /// Runs the handler. The reply is in the output, or sent already. Throws nothing.
    AfterReply serve() noexcept;
    /// The last word on the reply's head; called through httplib's post-routing hook, before the head is written.
    void finish_head(const httplib::Request& request, httplib::Response& response);

  private:
    void set_up(httplib::Request& request) const;
    void copy_fields(httplib::Headers& headers) const;
    [[nodiscard]] bool process() noexcept;
    [[nodiscard]] AfterReply decide(const httplib::Response& response, bool handler_closes);
    [[nodiscard]] bool more_requests_wait() const noexcept;

    Core& core_;
    Connection& connection_;
    Input& input_;
    Output& output_;
    const http::Head& head_;
    const http::Target& target_;
    RequestBody body_;
    RequestStream stream_;
    bool head_finished_ = false;
    AfterReply after_ = AfterReply::close;
};

} // namespace baton::engine
