// SPDX-License-Identifier: MIT
// The lock: one holder at a time, between processes; it ends with its holder, however that ends.
#include "base/lock.hpp"

#include "base/error.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>

#include <array>
#include <csignal>

namespace baton {
namespace {

using test::mode_of;
using test::Scratch;

/// Another process that holds the lock until it is killed.
class Holder {
  public:
    explicit Holder(const std::filesystem::path& path) {
        std::array<int, 2> ready{};
        REQUIRE(::pipe(ready.data()) == 0);
        const Fd reading{ready[0]};
        Fd writing{ready[1]};
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            const auto lock = Lock::try_take(path);
            const char answer = lock ? 'y' : 'n';
            (void)!::write(writing.get(), &answer, 1);
            for (;;)
                ::pause();
        }
        writing.reset();
        char answer = 'n';
        REQUIRE(::read(reading.get(), &answer, 1) == 1);
        CHECK(answer == 'y');
    }
    ~Holder() { kill(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    void kill() {
        if (pid_ <= 0) return;
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    pid_t pid_ = -1;
};

TEST_CASE("a lock that another process holds is not taken; it is free as soon as that process is killed") {
    const Scratch scratch;
    const auto path = scratch / "lock";
    Holder holder{path};
    CHECK_FALSE(Lock::try_take(path).has_value());
    holder.kill();
    CHECK(Lock::try_take(path).has_value());
}

TEST_CASE("waiting for a lock ends when its holder is killed") {
    const Scratch scratch;
    const auto path = scratch / "lock";
    Holder holder{path};
    const auto waiter = ::fork();
    REQUIRE(waiter >= 0);
    if (waiter == 0) {
        const auto lock = Lock::take(path);
        ::_exit(7);
    }
    int status = 0;
    CHECK(::waitpid(waiter, &status, WNOHANG) == 0);
    holder.kill();
    REQUIRE(::waitpid(waiter, &status, 0) == waiter);
    CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a lock excludes its own process too, and is given back at the end of its life") {
    const Scratch scratch;
    {
        const auto lock = Lock::try_take(scratch / "lock");
        REQUIRE(lock.has_value());
        CHECK_FALSE(Lock::try_take(scratch / "lock").has_value());
        CHECK(Lock::try_take(scratch / "another").has_value());
    }
    CHECK(Lock::try_take(scratch / "lock").has_value());
    CHECK(mode_of(scratch / "lock") == 0600);
}

TEST_CASE("a lock that cannot be opened is an error, not a free lock") {
    const Scratch scratch;
    CHECK_THROWS_AS((void)Lock::try_take(scratch / "missing/lock"), Error);
    std::filesystem::create_symlink("elsewhere", scratch / "lock");
    CHECK_THROWS_AS((void)Lock::take(scratch / "lock"), Error);
    CHECK_FALSE(std::filesystem::exists(scratch / "elsewhere"));
}

} // namespace
} // namespace baton
