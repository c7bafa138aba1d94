// SPDX-License-Identifier: MIT
// The sockets of a preflight: a release listens on them instead of the site's, and nobody but baton knows them.
#pragma once

#include "base/fd.hpp"
#include "deploy/units/paths.hpp"
#include "site/conf/watch_conf.hpp"
#include "site/listen/listening.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace baton::deploy {

class PreflightSockets {
  public:
    /// Makes one listening socket for each of `like`, of the same family: on a free port of the loopback interface, or
    /// at a path below /run/baton/SITE/preflight. Throws Error.
    PreflightSockets(const Paths& paths, std::string_view site, const std::vector<site::NamedAddress>& like);
    ~PreflightSockets();
    PreflightSockets(const PreflightSockets&) = delete;
    PreflightSockets& operator=(const PreflightSockets&) = delete;

    /// Where baton-exec asks for them: $BATON_PREFLIGHT_SOCKET.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// Readable when somebody asks.
    [[nodiscard]] int descriptor() const noexcept { return asked_.get(); }
    /// Gives them to the processes that ask and that `may_have_them`. Does not wait. Returns the first process that got
    /// none, once.
    std::optional<pid_t> give_to(const std::function<bool(pid_t)>& may_have_them);
    [[nodiscard]] bool are_given() const noexcept { return user_.has_value(); }
    /// The user of that process; none before it has asked.
    [[nodiscard]] std::optional<uid_t> user() const noexcept { return user_; }

    /// What everybody listened on before.
    [[nodiscard]] const site::Listening& listened_before() const noexcept { return before_; }

    struct Socket {
        std::string name; ///< in LISTEN_FDNAMES
        Fd fd;
    };
    [[nodiscard]] const std::vector<Socket>& sockets() const noexcept { return sockets_; }

  private:
    site::Listening before_ = site::Listening::now();
    std::filesystem::path directory_;
    std::filesystem::path path_;
    Fd asked_;
    std::vector<Socket> sockets_;
    std::optional<uid_t> user_;
    bool has_turned_away_ = false;
};

/// Whether the process runs in `unit` of that manager, by its control group, cgroups(7): also the first process of a
/// Type=forking unit, which has no main process yet.
[[nodiscard]] bool is_process_of(sd::Scope scope, std::string_view unit, pid_t pid);
/// What that goes by, /proc/PID/cgroup; empty if the process has ended.
[[nodiscard]] std::string groups_of(pid_t pid);

/// A new connection to the listening socket `listener`; none on an error.
[[nodiscard]] Fd connect_to_listener(int listener, std::chrono::milliseconds limit);

/// Whether connections wait that nobody has accepted.
[[nodiscard]] bool has_waiting_connection(int listener);

} // namespace baton::deploy
