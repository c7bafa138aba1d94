// SPDX-License-Identifier: MIT
#include "fake_program.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

namespace act {
namespace fs = std::filesystem;

/// What a release says of itself, as libbaton's and as tests/programs/bad_health.cpp do.
class FakeProgram::PrivateServer {
  public:
    /// `invocation`: empty if it does not tell.
    PrivateServer(const Start& start, std::string invocation);
    ~PrivateServer();
    PrivateServer(const PrivateServer&) = delete;
    PrivateServer& operator=(const PrivateServer&) = delete;

    void drain() { state_ = "draining"; }

  private:
    std::atomic<const char*> state_;
    fs::path path_;
    httplib::Server server_;
    std::thread thread_;
};

FakeProgram::PrivateServer::PrivateServer(const Start& start, std::string invocation)
    : state_{start.is_held ? "held" : "serving"}, path_{start.private_socket} {
    const nlohmann::json who{{"release", std::to_string(start.release)},
                             {"pid", std::to_string(k_pid)},
                             {"invocation", std::move(invocation)}};
    server_.new_task_queue = [] { return new httplib::ThreadPool{1}; }; // NOLINT: httplib deletes it
    server_.Get("/.baton/state", [this, who](const httplib::Request&, httplib::Response& response) {
        auto state = who;
        state["state"] = state_.load();
        response.set_content(state.dump(), "application/json");
    });
    server_.Post("/.baton/accept", [this](const httplib::Request&, httplib::Response&) { state_ = "serving"; });
    server_.Get("/healthz", [](const httplib::Request&, httplib::Response&) {});
    fs::create_directories(path_.parent_path());
    (void)::unlink(path_.c_str()); // of its last run
    server_.set_address_family(AF_UNIX);
    if (!server_.bind_to_port(path_.native(), 80)) throw baton::Error{"binding " + path_.native()};
    thread_ = std::thread{[this] { (void)server_.listen_after_bind(); }};
    while (!server_.is_running()) // a stop() before that would be lost
        std::this_thread::yield();
}

FakeProgram::PrivateServer::~PrivateServer() {
    server_.stop();
    thread_.join();
    std::error_code error; // as RuntimeDirectory=
    fs::remove_all(path_.parent_path(), error);
}

FakeProgram::FakeProgram(Start start) : sockets_{std::move(start.sockets)}, at_term_{CLD_KILLED, SIGTERM} {
    const auto& program = start.argv.at(0);
    if (!start.preflight.empty())
        given_ = std::make_unique<GivenSockets>(start.preflight, program == "plain.py"
                                                                     ? GivenSockets::Program::accepts
                                                                     : GivenSockets::Program::ignores_them);
    if (program == "shop")
        run_shop(start);
    else if (program == "misbehave")
        misbehave(start);
    else if (program == "plain.py")
        run_plain();
    else
        throw baton::Error{fmt::format("running '{}': the fake manager has no such program", program)};
}

FakeProgram::~FakeProgram() = default;

void FakeProgram::run_shop(const Start& start) {
    const bool aborts = std::find(start.argv.begin(), start.argv.end(), "--abort-at-end") != start.argv.end();
    at_term_ = aborts ? End{CLD_KILLED, SIGABRT} : End{CLD_EXITED, 0};
    server_ = std::make_unique<PrivateServer>(start, start.invocation);
    ready_ = true;
}

void FakeProgram::run_plain() {
    at_term_ = {CLD_EXITED, 0};
    ready_ = true;
}

void FakeProgram::misbehave(const Start& start) {
    const auto& mode = start.argv.at(1);
    ready_ = mode == "deaf" || mode == "hang" || mode == "crash";
    ignores_term_ = mode == "deaf";
    if (mode == "deaf") server_ = std::make_unique<PrivateServer>(start, "");
    if (mode == "exit") end_as({CLD_EXITED, 7});
    if (mode == "crash") end_as({CLD_KILLED, SIGABRT}, std::chrono::milliseconds{std::stoi(start.argv.at(2))});
}

void FakeProgram::end_as(End end, std::chrono::milliseconds from_now) {
    end_ = end;
    ends_at_ = std::chrono::steady_clock::now() + from_now;
    if (from_now.count() == 0) sockets_.clear();
}

std::optional<End> FakeProgram::end() const noexcept {
    return std::chrono::steady_clock::now() >= ends_at_ ? end_ : std::nullopt;
}

void FakeProgram::take_signal(int number) {
    if (number == SIGKILL) return end_as({CLD_KILLED, SIGKILL});
    if (number != SIGTERM || ignores_term_) return;
    if (server_) server_->drain();
    end_as(at_term_);
}

} // namespace act
