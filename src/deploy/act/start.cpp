// SPDX-License-Identifier: MIT
// Binds the candidate's address, starts its unit, and checks its health.
#include "base/error.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/health.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/tell/evidence.hpp"
#include "deploy/tell/script_note.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/may_listen.hpp"
#include "deploy/units/private_socket.hpp"
#include "deploy/units/site_units.hpp"
#include "deploy/units/socket_options.hpp"
#include "deploy/units/unit_names.hpp"
#include "deploy/wish/error_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

/// Whether systemd already has the address, by one of the site's own listeners.
bool is_held(const Picture& picture, const std::string& unit) {
    for (const auto& listener : picture.listeners)
        if (listener.unit == unit && listener.active) return true;
    return false;
}

bool is_lives(const Picture& picture, const std::string& unit) {
    return std::any_of(picture.listeners.begin(), picture.listeners.end(),
                       [&](const ListenerPicture& it) { return it.unit == unit && it.is_lives; });
}

/// Nobody else listens there, and systemd can. In a roll back from a failed live release, a socket of that release that
/// overlaps the address gives way: nobody answers on it.
void make_ready(SiteContext& context, const Candidate& candidate, const ReleasePicture& live,
                const site::Address& address, const std::string& unit) {
    if (candidate.purpose == Candidate::Purpose::way_back && live.run == Run::fell)
        for (const auto& of_live : live.record.conf.all_addresses())
            if (site::are_mixed({of_live}, {address})) {
                const auto listener = listener_unit(context.name(), context.record, of_live);
                (void)context.manager.stop(listener);
                (void)context.manager.stop(activation_unit(listener)); // it has the socket too
            }
    try {
        site::probe_bind(address);
    } catch (const Error& error) {
        if (error.kind() == error_kind::config) throw;
        throw Error{error.what(), error_kind::failed, "ss -lntp shows who listens where"};
    }
    // A socket unit does not start while its Service= is active. This one's may be, if the site was here before.
    (void)context.manager.stop(activation_unit(unit));
}

/// Its socket is there, for every address: nothing else would show that nobody can ever reach it.
void require_on_this_host(const site::Address& address) try {
    site::probe_bind({address.family, address.host, 0});
} catch (const Error& error) {
    if (error.kind() == error_kind::config) throw;
    throw Error{fmt::format("listening on {} alone: {}", quote(address.text()), error.what()), error_kind::failed,
                "ip address lists the addresses of this host"};
}

/// As many and in the same order as the unit passes: a socket of every address stands for each of its port.
std::vector<site::NamedAddress> sockets_to_try(const site::WatchConf& conf, const site::IsHeld& is_held) {
    std::vector<site::NamedAddress> sockets;
    for (auto& [name, address] : conf.sockets()) {
        const auto socket = site::carrier(address, is_held);
        const bool is_there = std::any_of(sockets.begin(), sockets.end(),
                                          [&](const site::NamedAddress& it) { return it.address == socket; });
        if (!is_there) sockets.push_back({name, socket});
    }
    return sockets;
}

std::string health_text(const std::string& path, bool has_answered, bool was_tried) {
    if (!has_answered) return fmt::format("{} answers 2xx on the release's own socket", quote(path));
    if (was_tried) return fmt::format("{} answers 2xx on the preflight's socket", quote(path));
    return fmt::format("{} is not asked: this content was live before", quote(path));
}

/// Throws Error (rejected) with how it ended, if it has ended since that invocation.
void require_up(SiteContext& context, const site::Manifest& release, const std::string& invocation) {
    const auto status = context.manager.status(release_unit(context.name(), release.release));
    if (status.around() && status.invocation_id == invocation) return;
    const auto note = script_note(context.store.program_path(release));
    throw Error{evidence(status, context.manager.version(), note), error_kind::rejected};
}

} // namespace

void bind(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    auto& candidate = *pursued.candidate;
    const auto addresses = picture.find(candidate.release)->record.conf.all_addresses();
    require_may_listen(context.paths, context.name(), context.record,
                       addresses); // again: root may have changed the list, or somebody the path
    const auto* const live = picture.find(picture.live);
    const auto held = held_in(context, picture);
    for (const auto& address : addresses)
        if (!(site::carrier(address, held) == address)) require_on_this_host(address);
    if (live != nullptr)
        for (const auto& address : site::carriers(addresses, held))
            if (const auto unit = listener_unit(context.name(), context.record, address);
                !is_lives(picture, unit) && !is_held(picture, unit))
                make_ready(context, candidate, *live, address, unit);
    candidate.bound = true;
}

void start(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    if (pursued.candidate->preflight == Preflight::leaving) end_preflight(pursued);
    const int release = pursued.candidate->release;
    write_socket_options(context, picture.find(release)->record,
                         reach_of(context, picture, picture.find(picture.live)));
    std::string more;
    if (pursued.candidate->preflight == Preflight::due) {
        pursued.preflight.emplace(context.paths, context.name(),
                                  sockets_to_try(picture.find(release)->record.conf, held_in(context, picture)));
        more = fmt::format("BATON_PREFLIGHT_SOCKET={}\n", pursued.preflight->path().native());
    } else if (pursued.candidate->nonblocking == false) {
        more = "BATON_BLOCKING=1\n"; // whatever the live release relies on
    }
    pursued.hold.emplace(context.store, release, more);
    pursued.start_job = context.manager.queue_start(release_unit(context.name(), pursued.candidate->release));
    pursued.candidate->started = true;
}

HealthCheck health_check_of(const SiteContext& context, const site::Manifest& release, const sd::UnitStatus& status) {
    return {.socket = {context.paths, context.name(), release.release},
            .path = release.conf.health_path.value_or(""),
            .host = release.conf.health_host.value_or("localhost"),
            .release = release.release,
            .main_pid = status.main_pid,
            .invocation_id = status.invocation_id};
}

void check(Pursued& pursued, const Picture& picture) {
    auto& context = pursued.context;
    auto manifest = picture.find(pursued.candidate->release)->record;
    const auto unit = release_unit(context.name(), manifest.release);
    const auto status = context.manager.status(unit);
    pursued.main_pid = status.main_pid;
    manifest.step_ms = pursued.step_ms;
    const PrivateSocket socket{context.paths, context.name(), manifest.release};
    auto& proof = pursued.candidate->proof;
    if (proof == site::Proof::held && !socket.exists()) { // it has libbaton, but does not use it
        if (pursued.candidate->tried)
            return reject(
                pursued, picture, "preflight",
                Error{fmt::format("starting {}: libbaton held it back when it was tried, and does not now: it "
                                  "has no private socket",
                                  quote(unit))});
        if (manifest.conf.preflight) return begin_preflight(pursued);
        proof = site::Proof::none;
    }
    const bool has_answered = proof == site::Proof::preflight && !socket.exists();
    const bool was_tried = pursued.candidate->tried;
    tell_step(context, manifest, Step::start, pursued.stopwatch.lap(),
              fmt::format("{} {}, pid {}{}", unit, sd::says_ready(status.type) ? "is ready" : "has run for 1.0 s",
                          status.main_pid, was_tried ? ", after a preflight on sockets of its own" : ""));
    try {
        if (manifest.conf.health_path && !has_answered) {
            auto questions = health_check_of(context, manifest, status);
            questions.require_up = [&] { require_up(context, manifest, status.invocation_id); };
            check_health(questions);
        }
    } catch (const Error& error) {
        pursued.step_ms = manifest.step_ms;
        return reject(pursued, picture, "health", error.within(fmt::format("checking the health of {}", quote(unit))));
    }
    tell_step(context, manifest, Step::health, pursued.stopwatch.lap(),
              manifest.conf.health_path ? health_text(*manifest.conf.health_path, has_answered, was_tried)
              : was_tried && proof == site::Proof::preflight ? "no HealthPath is set; the preflight was the gate"
                                                             : "no HealthPath is set; READY=1 was the gate");
    pursued.step_ms = manifest.step_ms;
    pursued.candidate->checked = true;
}

} // namespace baton::deploy
