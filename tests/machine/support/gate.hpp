// SPDX-License-Identifier: MIT
// Holds a program until the test releases it, with a FIFO that the program reads to its end: tests/programs/shop does
// so before it starts (--wait-at=) and in GET /gate?fifo=.
#pragma once

#include "base/fd.hpp"
#include "support/http.hpp"

#include <filesystem>
#include <future>
#include <string>

namespace machine {

class Gate {
  public:
    Gate();
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    [[nodiscard]] const std::string& path() const { return fifo_.native(); }
    /// Returns when somebody is at the gate, and keeps him there.
    void wait_for_arrival();
    void open() { entry_.reset(); }

  private:
    std::filesystem::path fifo_;
    baton::Fd entry_;
};

/// A request that is in its handler, and stays there until let_go().
class HeldRequest {
  public:
    /// Returns when the program has it.
    explicit HeldRequest(const std::string& address);
    ~HeldRequest() { gate_.open(); }
    HeldRequest(const HeldRequest&) = delete;
    HeldRequest& operator=(const HeldRequest&) = delete;
    /// Its reply, which comes now.
    Reply let_go();
    [[nodiscard]] bool answered() const;

  private:
    Gate gate_;
    std::future<Reply> reply_;
};

} // namespace machine
