// SPDX-License-Identifier: MIT
// The scripts that send GET requests, and the choice of the script for a mode.
#include "load/script.hpp"

#include "load/upload_script.hpp"

#include <fmt/format.h>

namespace baton::load {
namespace {

long long ms(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string get_request(const Target& target, std::string_view path, std::string_view more = {}) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: baton-load\r\n{}\r\n", path, target.host(), more);
}

/// GET /hello, once or several times in one write.
class HelloScript final : public Script {
  public:
    HelloScript(std::string request, unsigned depth, Check check, Roster& roster)
        : depth_{depth}, check_{check}, roster_{roster} {
        for (unsigned i = 0; i < depth; ++i)
            text_ += request;
    }
    void compose(Request& request) override {
        if (request.head.empty()) request.head = text_;
        request.replies = depth_;
    }
    Verdict judge(const ReplyParser& reply, const Request&) override {
        if (check_ == Check::any) return {};
        const auto identity = roster_.find(reply.body());
        if (!identity) return {"not a JSON object with strings ver and pid"};
        return {{}, identity};
    }

  private:
    std::string text_;
    unsigned depth_;
    Check check_;
    Roster& roster_;
};

/// GET /slow: any complete reply is good.
class SlowScript final : public Script {
  public:
    explicit SlowScript(std::string request) : text_{std::move(request)} {}
    void compose(Request& request) override { request.head = text_; }
    Verdict judge(const ReplyParser&, const Request&) override { return {}; }

  private:
    std::string text_;
};

/// GET /stream: the parser has seen the last chunk; this only checks that the chunks were not all empty.
class StreamScript final : public Script {
  public:
    explicit StreamScript(std::string request) : text_{std::move(request)} {}
    void compose(Request& request) override { request.head = text_; }
    Verdict judge(const ReplyParser& reply, const Request&) override {
        if (!reply.chunked()) return {"not chunked"};
        return reply.body_bytes() == 0 ? Verdict{"an empty stream"} : Verdict{};
    }

  private:
    std::string text_;
};

} // namespace

std::unique_ptr<Script> make_script(const ModeConfig& mode, const Config& config, const Target& target,
                                    Roster& roster) {
    switch (mode.mode) {
    case Mode::slow:
        return std::make_unique<SlowScript>(get_request(target, fmt::format("/slow?ms={}", ms(mode.delay))));
    case Mode::stream:
        return std::make_unique<StreamScript>(
            get_request(target, fmt::format("/stream?n={}&ms={}", mode.pieces, ms(mode.delay))));
    case Mode::upload:
        return std::make_unique<UploadScript>(mode, target);
    case Mode::fresh:
        return std::make_unique<HelloScript>(get_request(target, config.path, "Connection: close\r\n"), 1, config.check,
                                             roster);
    case Mode::pipelined:
        return std::make_unique<HelloScript>(get_request(target, config.path), mode.depth, config.check, roster);
    case Mode::persistent:
    case Mode::idle:
        break;
    }
    return std::make_unique<HelloScript>(get_request(target, config.path), 1, config.check, roster);
}

} // namespace baton::load
