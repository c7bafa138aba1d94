// SPDX-License-Identifier: MIT
// Checks of a site's directory, its watch.conf and its state.
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace baton::doctor {

struct ConfSeen {
    std::filesystem::path path;
    std::string text;  ///< its content; empty if it is a link
    std::string error; ///< why the next deploy would refuse it; empty if it is valid, or if it was refused already
    std::vector<site::UnknownKey> unknown_keys;
};
/// Throws Error if this user may not read it.
[[nodiscard]] ConfSeen observe_conf(SiteSubject& site);
[[nodiscard]] Findings judge_conf(const ConfSeen& seen);

struct DirectorySeen {
    std::string site;
    std::filesystem::path path;
    std::string error;             ///< why it cannot be reached; empty if it can
    std::string_view network_kind; ///< "NFS" and the like; empty: it is local
    std::vector<std::filesystem::path>
        writable; ///< of watch.conf, the program, and each directory on the way there: those that everybody may write
};
[[nodiscard]] DirectorySeen observe_directory(SiteSubject& site);
[[nodiscard]] Findings judge_directory(const DirectorySeen& seen);

/// The site's state: files that cannot be read, and directories that others can.
struct StoreSeen {
    struct Damage {
        std::string what;
        std::string type;
    };
    std::vector<Damage> damages;
    std::vector<std::filesystem::path> too_open; ///< directories of mode 0700 that others may enter
};
/// Throws Error if this user is not root.
[[nodiscard]] StoreSeen observe_store(SiteSubject& site);
[[nodiscard]] Findings judge_store(const StoreSeen& seen);

/// What is left of a site that is not registered: a removal, or a registration, was interrupted.
struct RestSeen {
    std::string site;
    bool has_state = false;
    bool has_units = false;
    std::filesystem::path copy = {}; ///< its state, which is whole, but no site's: somebody has copied it there
};
[[nodiscard]] std::vector<RestSeen> observe_rests(HostSubject& host);
[[nodiscard]] Findings judge_rests(const std::vector<RestSeen>& rests);
/// Whether a state of that name is no site's: no site can have the name, or it has no units and is not enabled.
[[nodiscard]] bool is_copy(const HostSubject& host, const std::string& site);
/// Whether there is such a rest of `site`.
[[nodiscard]] bool has_rest(HostSubject& host, const std::string& site);

} // namespace baton::doctor
