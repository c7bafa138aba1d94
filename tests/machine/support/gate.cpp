// SPDX-License-Identifier: MIT
#include "support/gate.hpp"

#include "support/wait.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace machine {
namespace {

std::filesystem::path new_path() {
    static int count = 0;
    return "/run/gate-" + std::to_string(++count); // gone after a reboot
}

} // namespace

Gate::Gate() : fifo_{new_path()} {
    REQUIRE(::mkfifo(fifo_.c_str(), 0644) == 0);
    REQUIRE(::chmod(fifo_.c_str(), 0644) == 0); // whatever the umask: the program is another user
}

Gate::~Gate() {
    (void)::unlink(fifo_.c_str());
}

void Gate::wait_for_arrival() {
    wait_until("somebody reads " + path(), [&] {
        // fifo(7): opening the writing end without waiting succeeds once somebody has it open for reading.
        entry_ = baton::Fd{::open(fifo_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
        return static_cast<bool>(entry_);
    });
}

HeldRequest::HeldRequest(const std::string& address)
    : reply_{std::async(std::launch::async,
                        [address, path = gate_.path()] { return get(address, "/gate?fifo=" + path, 60s); })} {
    gate_.wait_for_arrival();
}

Reply HeldRequest::let_go() {
    gate_.open();
    return reply_.get();
}

bool HeldRequest::answered() const {
    return reply_.wait_for(0s) == std::future_status::ready;
}

} // namespace machine
