// SPDX-License-Identifier: MIT
// A program of tests/programs as the fake manager runs it: not a process, but what a deploy can see of one. It says
// READY=1, answers on its private socket, obeys signals, and ends.
#pragma once

#include "base/fd.hpp"
#include "given_sockets.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace act {

/// How a process ended: CLD_EXITED or CLD_KILLED with its status or signal; sigaction(2).
struct End {
    int code = 0;
    int status = 0;
};

/// Of all programs: no process has that number; PID_MAX_LIMIT of proc_sys_kernel(5) is 2^22.
inline constexpr std::uint32_t k_pid = (1U << 22U) + 1;

class FakeProgram {
  public:
    struct Start {
        std::vector<std::string> argv; ///< of tests/programs: {"misbehave", "exit"}
        int release = 0;
        std::string invocation;
        std::filesystem::path private_socket;
        bool is_held = false;                 ///< $BATON_HOLD is set
        std::vector<baton::Fd> sockets;       ///< that systemd passes; it has them until it ends
        std::filesystem::path preflight = {}; ///< $BATON_PREFLIGHT_SOCKET; empty: not set
    };

    explicit FakeProgram(Start start);
    ~FakeProgram();
    FakeProgram(const FakeProgram&) = delete;
    FakeProgram& operator=(const FakeProgram&) = delete;

    [[nodiscard]] bool is_ready() const noexcept { return ready_ && (!given_ || given_->have_come()); }
    /// None while it runs.
    [[nodiscard]] std::optional<End> end() const noexcept;
    void take_signal(int number);

  private:
    class PrivateServer;

    void run_shop(const Start& start);
    void run_plain();
    void misbehave(const Start& start);
    void end_as(End end, std::chrono::milliseconds from_now = {});

    std::vector<baton::Fd> sockets_;
    bool ready_ = false;
    bool ignores_term_ = false;
    End at_term_; ///< how SIGTERM ends it
    std::optional<End> end_;
    std::chrono::steady_clock::time_point ends_at_ = {};
    std::unique_ptr<PrivateServer> server_;
    std::unique_ptr<GivenSockets> given_; ///< in a preflight
};

} // namespace act
