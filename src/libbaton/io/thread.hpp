// SPDX-License-Identifier: MIT
// A thread with a stack of eight megabytes at least, whatever the limits say; joined by its destructor.
#pragma once

#include <pthread.h>

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace baton::engine {

/// Which signals a thread takes. One that runs the program's code takes those of the thread that starts it, as with
/// httplib: what that code starts with fork(2) would inherit a mask.
enum class SignalMask : std::uint8_t { all_blocked, inherited };

class Thread {
  public:
    /// Throws Error. `name` has at most 15 characters; pthread_setname_np(3).
    Thread(const char* name, std::function<void()> body, SignalMask mask = SignalMask::all_blocked);
    ~Thread() { join(); }
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void join() noexcept;
    /// Makes a waiting system call of it return with EINTR, by SIGURG, for which handle_interrupts() must have been
    /// called. A call that is just about to begin may not notice. Not after join().
    void interrupt() const noexcept;
    /// True while it runs or could run; false while it waits in the kernel. Meaningless after join().
    [[nodiscard]] bool is_runnable() const noexcept;
    /// Gives SIGURG a handler that does nothing, for the whole process, unless the program has one of its own.
    static void handle_interrupts() noexcept;

  private:
    static void* start(void* self) noexcept;

    std::function<void()> body_;
    std::atomic<pid_t> id_{0}; ///< 0: not started yet
    pthread_t handle_{};
    bool joined_ = false;
};

} // namespace baton::engine
