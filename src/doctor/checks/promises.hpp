// SPDX-License-Identifier: MIT
// Checks of what a site's program promises: it was seen to serve before it took over, and it finishes its requests.
#pragma once

#include "doctor/finding.hpp"
#include "doctor/subject.hpp"

#include <string>

namespace baton::doctor {

struct ProofSeen {
    std::string site;
    int release = 0; ///< the live one; 0: none is live
    site::Proof proof = site::Proof::unknown;
    std::filesystem::path conf;
    std::string conf_text; ///< empty if it is a link
};
[[nodiscard]] ProofSeen observe_proof(SiteSubject& site);
[[nodiscard]] Findings judge_proof(const ProofSeen& seen);

/// How the last release drained that made room for another.
struct DrainSeen {
    std::string site;
    int release = 0;    ///< 0: there is none, or it still drains
    std::string result; ///< systemd's word for how it failed: "timeout"; empty: it ended well
    std::string words;  ///< libbaton's last words: "drained 3 requests, ...; 0 cut"; empty: it has none
};
/// Throws Error if this user may not read the journal.
[[nodiscard]] DrainSeen observe_last_drain(SiteSubject& site);
[[nodiscard]] Findings judge_last_drain(const DrainSeen& seen);

} // namespace baton::doctor
