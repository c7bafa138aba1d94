// SPDX-License-Identifier: MIT
// Checks of the host: room, mounts, inotify, the clock, the kernel, systemd, and baton's own units.
#pragma once

#include "doctor/checks/unit_files.hpp"
#include "doctor/file_system.hpp"
#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::doctor {

/// A directory that baton or systemd writes to.
struct PlaceSeen {
    std::filesystem::path path;
    FileSystem file_system;
    std::uint64_t needed_bytes = 0; ///< at least, or for the next daemon-reload
    std::uint64_t needed_files = 0;
    bool runs_programs = false; ///< releases are executed from there
};
[[nodiscard]] std::vector<PlaceSeen> observe_places(HostSubject& host);
/// The same, with what the next release of each site needs: reads the record of each.
[[nodiscard]] std::vector<PlaceSeen> observe_room(HostSubject& host);
[[nodiscard]] Findings judge_room(const std::vector<PlaceSeen>& places);
[[nodiscard]] Findings judge_mounts(const std::vector<PlaceSeen>& places);

/// Whether only root may write the state of all sites.
struct StateSeen {
    std::filesystem::path path;
    bool is_roots_alone = true;
};
[[nodiscard]] StateSeen observe_state(HostSubject& host);
[[nodiscard]] Findings judge_state(const StateSeen& seen);

/// Inotify of root, whose instances and watches PID 1 shares with the other processes of root.
struct InotifySeen {
    std::uint64_t instances = 0;
    std::uint64_t most_instances = 0;
    std::uint64_t watches = 0;
    std::uint64_t most_watches = 0;
};
/// Throws Error if this user may not see the descriptors of PID 1.
[[nodiscard]] InotifySeen observe_inotify(HostSubject& host);
[[nodiscard]] Findings judge_inotify(const InotifySeen& seen);

struct ClockSeen {
    bool is_of_container = false; ///< the host of this container sets it
    bool is_synchronized = true;
};
[[nodiscard]] ClockSeen observe_clock(HostSubject& host);
[[nodiscard]] Findings judge_clock(const ClockSeen& seen);

struct KernelSeen {
    std::string release;                              ///< "6.1.0-18-amd64"
    std::optional<std::uint64_t> protected_hardlinks; ///< none: this kernel has no such setting
};
[[nodiscard]] KernelSeen observe_kernel(HostSubject& host);
[[nodiscard]] Findings judge_kernel(const KernelSeen& seen);

struct SystemdSeen {
    int version = 0;
    std::string error; ///< why it does not answer; empty if it does
    std::string type = "systemctl is-system-running";
};
[[nodiscard]] SystemdSeen observe_systemd(HostSubject& host);
[[nodiscard]] Findings judge_systemd(const SystemdSeen& seen);

/// The units that look after edits which were missed, and baton's helpers.
struct HelpersSeen {
    sd::ActiveState timer{};
    sd::ActiveState path{};
    sd::ActiveState look{};    ///< the service that both start
    sd::ActiveState journal{}; ///< systemd-journald.service
    std::vector<MaskedSeen> masked;
    std::vector<std::string> needs_reload; ///< those whose files have changed since systemd read them
};
[[nodiscard]] HelpersSeen observe_helpers(HostSubject& host);
[[nodiscard]] Findings judge_helpers(const HelpersSeen& seen);

/// The user whose sites end at logout; empty for one who lingers.
[[nodiscard]] std::string user_without_linger(uid_t user);
/// The same; empty if there are no sites.
[[nodiscard]] std::string observe_linger(HostSubject& host);
[[nodiscard]] Findings judge_linger(const std::string& user);

/// The generator that tells baton of a daemon-reload: the first file of its name in systemd's search path.
struct GeneratorSeen {
    std::filesystem::path path; ///< empty: there is none
    bool can_run = true;
};
[[nodiscard]] GeneratorSeen observe_generator(HostSubject& host);
[[nodiscard]] Findings judge_generator(const GeneratorSeen& seen);

} // namespace baton::doctor
