// SPDX-License-Identifier: MIT
// Checks of how a site stands: what of it is down, what is tried again, what became of the newest edit.
#pragma once

#include "deploy/tell/report.hpp"
#include "deploy/wish/decision.hpp"
#include "deploy/wish/tries.hpp"
#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <string>
#include <vector>

namespace baton::doctor {

struct HandleSeen {
    std::string site;
    sd::ActiveState state{};
    std::string load_state; ///< LoadState= if it is down
};
[[nodiscard]] HandleSeen observe_handle(SiteSubject& site);
[[nodiscard]] Findings judge_handle(const HandleSeen& seen);
[[nodiscard]] Findings judge_listeners(const deploy::SiteReport& site);
[[nodiscard]] Findings judge_watch(const deploy::SiteReport& site);
/// Releases that run although nobody needs them, and too many that drain.
[[nodiscard]] Findings judge_releases(const deploy::SiteReport& site);
/// No release is live, or the live one's snapshot is gone.
[[nodiscard]] Findings judge_live(const deploy::SiteReport& site);
/// A start that hangs: since when, until when, and what ends it.
[[nodiscard]] Findings judge_starts(const deploy::SiteReport& site);
/// What the watch.conf of a release says in vain, for as long as that is in effect.
[[nodiscard]] Findings judge_recorded(const deploy::SiteReport& site);

/// Settings of the live release's unit, or of its sockets.
struct SettingsSeen {
    std::string site;
    int live = 0;            ///< 0: no release runs
    bool are_applied = true; ///< it was started with the current ones
};
[[nodiscard]] SettingsSeen observe_settings(SiteSubject& site);
[[nodiscard]] Findings judge_settings(const SettingsSeen& seen);

/// A drop-in of a listener with settings that are not in effect.
struct IdleDropIn {
    std::string site;
    std::string conf_name;
    std::string address;
    std::filesystem::path path;
    std::vector<std::string> overruled;      ///< baton sets them
    std::vector<std::string> of_new_sockets; ///< it is newer than the socket, and only a new socket gets them
};
[[nodiscard]] std::vector<IdleDropIn> observe_idle_settings(SiteSubject& site);
[[nodiscard]] Findings judge_idle_settings(const std::vector<IdleDropIn>& drop_ins);

/// Drop-ins of listeners where the site does not listen.
struct StrayDropIns {
    std::string site;
    std::vector<std::filesystem::path> paths;
};
[[nodiscard]] StrayDropIns observe_stray_drop_ins(SiteSubject& site);
[[nodiscard]] Findings judge_stray_drop_ins(const StrayDropIns& seen);

/// What the host prevented and is tried again; a count of zero: nothing.
struct TriesSeen {
    std::string site;
    deploy::Try wish;
    deploy::Try live;
    deploy::Try way_back;
    deploy::Try listener;
    bool is_live_damaged = false; ///< its snapshot lacks its program, so no try helps
};
[[nodiscard]] TriesSeen observe_tries(SiteSubject& site);
[[nodiscard]] Findings judge_tries(const TriesSeen& seen);

/// The newest watch.conf, and what became of it.
struct EditSeen {
    std::string site;
    std::string conf_name;
    std::filesystem::path directory;
    bool is_up = true;      ///< the site
    bool is_watched = true; ///< by the path unit
    bool is_decided = true; ///< it is the one that was decided last, or this reader cannot tell
    bool is_tried = false;  ///< a try of it has failed, and comes again
    deploy::Decision decided;
};
[[nodiscard]] EditSeen observe_edit(SiteSubject& site);
[[nodiscard]] Findings judge_edit(const EditSeen& seen);

} // namespace baton::doctor
