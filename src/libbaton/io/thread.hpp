// SPDX-License-Identifier: MIT
// A thread with a stack of at least eight megabytes, whatever the limits say; its destructor joins it.
#pragma once

#include <pthread.h>

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace baton::engine {

/// The signals that a thread takes. A thread that runs the program's code takes those of its creator, as with httplib:
/// otherwise the code's fork(2) children would inherit a mask.
enum class SignalMask : std::uint8_t { all_blocked, inherited };

class Thread {
  public:
    /// Throws Error. `name` has at most 15 characters; pthread_setname_np(3).
    Thread(const char* name, std::function<void()> body, SignalMask mask = SignalMask::all_blocked);
    ~Thread() { join(); }
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void join() noexcept;
    /// Makes the thread's waiting system call return with EINTR, using SIGURG. handle_interrupts() must have been
    /// called. A call that is just about to begin may not notice. Do not call after join().
    void interrupt() const noexcept;
    /// True while the thread runs or could run; false while it waits in the kernel. Meaningless after join().
    [[nodiscard]] bool is_runnable() const noexcept;
    /// Gives SIGURG an empty handler, for the whole process, unless the program has its own.
    static void handle_interrupts() noexcept;

  private:
    static void* start(void* self) noexcept;

    std::function<void()> body_;
    std::atomic<pid_t> id_{0}; ///< 0: not started yet
    pthread_t handle_{};
    bool joined_ = false;
};

} // namespace baton::engine
