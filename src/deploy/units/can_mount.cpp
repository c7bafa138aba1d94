// SPDX-License-Identifier: MIT
#include "deploy/units/can_mount.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace baton::deploy {
namespace {

/// What systemd does for PrivateUsers= and BindReadOnlyPaths=. An own process: the namespaces would stay.
bool try_to_mount() noexcept {
    const pid_t child = ::fork();
    if (child < 0) return false;
    if (child == 0) {
        const bool can = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0;
        ::_exit(can ? 0 : 1);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

bool can_mount(sd::Scope scope) noexcept {
    if (scope == sd::Scope::system) return true;
    static const bool k_can = try_to_mount();
    return k_can;
}

} // namespace baton::deploy
