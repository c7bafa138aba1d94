// SPDX-License-Identifier: MIT
#include "doctor/checks/promises.hpp"

#include "base/text.hpp"
#include "deploy/units/unit_names.hpp"
#include "sd/journal.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace baton::doctor {
namespace {

constexpr std::string_view k_words = "baton: drained "; // Service::finish() of libbaton
constexpr std::string_view k_none_cut = "; 0 cut";
constexpr std::size_t k_look_back = 200; // lines that a program may write as it ends

/// How watch.conf says it, in one line; else empty.
std::string no_preflight(const std::string& conf) {
    constexpr std::string_view k_key = "\"Preflight\"";
    constexpr std::string_view k_false = "false";
    const auto begin = conf.find(k_key);
    if (begin == conf.npos) return {};
    const auto colon = conf.find_first_not_of(' ', begin + k_key.size());
    if (colon == conf.npos || conf[colon] != ':') return {};
    const auto value = conf.find_first_not_of(' ', colon + 1);
    if (value == conf.npos || conf.compare(value, k_false.size(), k_false) != 0) return {};
    return conf.substr(begin, value + k_false.size() - begin);
}

/// The newest release that served and was told to leave for another; null if it has not left yet.
const deploy::ReleaseReport* last_that_left(SiteSubject& site) {
    for (const auto& release : site.report().releases)
        if (release.manifest.release != site.report().live && release.manifest.live_until &&
            release.manifest.outcome == site::Outcome::accepted)
            return release.status.around() ? nullptr : &release;
    return nullptr;
}

} // namespace

ProofSeen observe_proof(SiteSubject& site) {
    ProofSeen seen{.site = site.name(), .conf = site.record.directory / site.record.conf_name, .conf_text = {}};
    if (const auto* const live = site.live()) {
        seen.release = live->manifest.release;
        seen.proof = live->manifest.proof;
        if (seen.proof == site::Proof::none) seen.conf_text = site.editable_conf();
    }
    return seen;
}

Findings judge_proof(const ProofSeen& seen) {
    if (seen.release == 0 || seen.proof != site::Proof::none) return {};
    return {{fmt::format("nothing has proven that release {} serves: it has no libbaton, and Preflight is false",
                         seen.release),
             "a build that never accepts takes over, and its clients are the first to notice",
             with_replaced(seen.conf, seen.conf_text, no_preflight(seen.conf_text), R"("Preflight": true)")}};
}

DrainSeen observe_last_drain(SiteSubject& site) {
    DrainSeen seen{.site = site.name(), .result = {}, .words = {}};
    if (::geteuid() != 0) throw Error{"reading in the journal how the last release ended: it needs root"};
    const auto* const left = last_that_left(site);
    if (left == nullptr) return seen;
    seen.release = left->manifest.release;
    const auto since = *left->manifest.live_until;
    seen.result = sd::failure_since(left->unit, since);
    for (const auto& line : sd::lines_since(left->unit, since, k_look_back))
        if (line.starts_with(k_words)) seen.words = line.substr(k_words.size());
    return seen;
}

Findings judge_last_drain(const DrainSeen& seen) {
    if (seen.release == 0 || seen.words.ends_with(k_none_cut)) return {};
    const auto type = fmt::format("baton logs {} {}", seen.site, seen.release);
    if (!seen.words.empty())
        return {{fmt::format("release {} drained {}", seen.release, seen.words),
                 "requests were cut by its deadline; Options::drain, and TimeoutStopSec= above it, give it more time",
                 type}};
    if (seen.result.empty()) return {};
    return {{fmt::format("release {} did not end well when it was told to (result '{}')", seen.release, seen.result),
             seen.result == "timeout" ? "it was killed after TimeoutStopSec=, with the requests that it was answering"
                                      : "requests that it was answering may be lost",
             type}};
}

} // namespace baton::doctor
