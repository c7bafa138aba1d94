// SPDX-License-Identifier: MIT
// The sockets of a preflight on the program's side: what baton-exec asks for, and a program that accepts on them.
#pragma once

#include "base/fd.hpp"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace act {

class GivenSockets {
  public:
    enum class Program {
        accepts, ///< and closes each connection; it sets O_NONBLOCK
        ignores_them,
    };
    /// Asks for them at `path`, and goes on with `program` when they have come.
    GivenSockets(std::filesystem::path path, Program program);
    ~GivenSockets();
    GivenSockets(const GivenSockets&) = delete;
    GivenSockets& operator=(const GivenSockets&) = delete;

    [[nodiscard]] bool have_come() const noexcept { return have_come_; }

  private:
    void run(const std::filesystem::path& path, Program program);
    void accept_on(const std::vector<baton::Fd>& sockets) const;

    std::atomic<bool> have_come_ = false;
    std::atomic<bool> stops_ = false;
    std::thread thread_;
};

} // namespace act
