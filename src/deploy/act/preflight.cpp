// SPDX-License-Identifier: MIT
// The preflight: a program that libbaton does not hold back accepts as soon as it runs. So it first runs on sockets
// that only baton is told of. A release that does not take its sockets, never accepts, answers 500 or dies of its first
// request is rejected before it could touch a request.
#include "base/elf_notes.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds k_accept_limit = 10s;  // of a program that has said READY=1
constexpr std::chrono::milliseconds k_longest_start = 90s; // DefaultTimeoutStartSec=

bool has_libbaton(const std::filesystem::path& program) {
    const auto owners = elf_note_owners(program);
    return std::find(owners.begin(), owners.end(), k_note_of_libbaton) != owners.end();
}

/// A program that does not say READY=1 has as long as one that does.
std::chrono::milliseconds accept_limit(const sd::UnitStatus& status) {
    if (sd::says_ready(status.type)) return k_accept_limit;
    return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(status.timeout_start), k_accept_limit,
                      k_longest_start);
}

/// O_NONBLOCK belongs to the open file description, which all releases share; nobody else uses the preflight's.
bool sets_nonblocking(const PreflightSockets& sockets) {
    return (::fcntl(sockets.sockets().front().fd.get(), F_GETFL) & O_NONBLOCK) != 0;
}

void forget_start(Pursued& pursued) {
    auto& candidate = *pursued.candidate;
    pursued.probe.reset();
    pursued.preflight.reset();
    pursued.hold.reset();
    pursued.start_job.clear();
    pursued.up_since.reset();
    pursued.job_gone_since.reset();
    candidate.started = false;
    candidate.start_has_ended = false;
    candidate.start_result.clear();
    candidate.stayed_up = false;
}

} // namespace

Candidate with_proof(const SiteContext& context, const site::Manifest& release, Candidate candidate) {
    if (has_libbaton(context.store.program_path(release)))
        candidate.proof = site::Proof::held;
    else if (release.conf.preflight)
        candidate.preflight = Preflight::due;
    else
        candidate.proof = site::Proof::none;
    return candidate;
}

void follow_preflight(Pursued& pursued, const site::Manifest& release, const sd::UnitStatus& status) {
    auto& candidate = *pursued.candidate;
    if (candidate.preflight != Preflight::due || !pursued.preflight || status.active_state != sd::ActiveState::active)
        return;
    if (!pursued.preflight->are_given()) {
        if (pursued.up_since && Clock::now() - *pursued.up_since > k_accept_limit)
            candidate.hindrance = fmt::format("nothing asks for the sockets of its preflight; if its unit does not run "
                                              "baton-exec, watch.conf needs \"Preflight\": false: systemctl cat {}",
                                              status.unit);
        return;
    }
    if (!pursued.probe) {
        const auto limit = accept_limit(status);
        pursued.probe.emplace(*pursued.preflight,
                              PreflightProbe::Questions{.health = health_check_of(pursued.context, release, status),
                                                        .accept_by = Clock::now() + limit,
                                                        .accept_limit = limit,
                                                        .program = pursued.context.store.program_path(release)});
    }
    if (const auto answer = pursued.probe->answer())
        candidate.preflight = answer->failure.empty() ? Preflight::passed : Preflight::failed;
}

void conclude_preflight(Pursued& pursued, const Picture& picture) {
    auto& candidate = *pursued.candidate;
    const auto unit = release_unit(pursued.name(), candidate.release);
    const auto answer = *pursued.probe->answer();
    if (!answer.failure.empty()) {
        const auto doing = answer.step == "health" ? fmt::format("checking the health of {}", quote(unit))
                                                   : fmt::format("trying {} on sockets of its own", quote(unit));
        return reject(pursued, picture, answer.step, Error{answer.failure, error_kind::rejected}.within(doing));
    }
    candidate.tried = true;
    candidate.proof = answer.is_held ? site::Proof::held : site::Proof::preflight;
    if (!answer.is_held) candidate.nonblocking = sets_nonblocking(*pursued.preflight);
    candidate.preflight = Preflight::leaving;
    pursued.probe.reset();
    pursued.context.manager.queue_stop(unit);
}

void end_preflight(Pursued& pursued) {
    pursued.context.manager.reset_failed(release_unit(pursued.name(), pursued.candidate->release));
    forget_start(pursued);
    pursued.candidate->preflight = Preflight::none;
}

void begin_preflight(Pursued& pursued) {
    end_unit(pursued.context, pursued.candidate->release);
    forget_start(pursued);
    pursued.candidate->preflight = Preflight::due;
}

} // namespace baton::deploy
