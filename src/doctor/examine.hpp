// SPDX-License-Identifier: MIT
// The one list of checks, and who runs them: baton doctor runs all, baton status those that cost little. Nothing here
// changes anything.
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::doctor {

/// Whether baton status makes a check too: it may cost a few system calls for each of a thousand sites.
enum class Cost { little, more };
/// Whose manager a check is about.
enum class Managers { each, of_host, of_users };

/// A check: what it is called, and its observation with its judgement. Throws Error if the observation cannot be made.
template <typename Subject>
struct Check {
    std::string_view name;
    Cost cost;
    Managers managers;
    Findings (*find)(Subject& subject);
};
[[nodiscard]] std::span<const Check<HostSubject>> host_checks() noexcept;
[[nodiscard]] std::span<const Check<SiteSubject>> site_checks() noexcept;

/// What a check has found, or why it could not be made.
struct Told {
    std::string check;
    std::optional<std::string> site; ///< none: about the host
    Finding finding;
};
struct NotMade {
    std::string check;
    std::optional<std::string> site;
    std::string why;
};
struct Examination {
    std::vector<Told> found;
    std::vector<NotMade> not_made;
};

/// Makes all checks of the host and of `sites`, but for those named in `except`. A site that cannot be opened is a
/// finding.
[[nodiscard]] Examination examine(HostSubject& host, const std::vector<std::string>& sites,
                                  const std::vector<std::string>& except, deploy::Observer& observer);

/// Makes the cheap checks alone, for baton status; with what passes by itself. The report of the site was made already.
[[nodiscard]] Examination glance(HostSubject& host);
[[nodiscard]] Examination glance(SiteSubject& site);

} // namespace baton::doctor
