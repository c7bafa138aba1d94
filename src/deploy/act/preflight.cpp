// SPDX-License-Identifier: MIT
// The preflight: a program that libbaton does not hold back accepts as soon as it runs. So it first runs on sockets
// that only baton knows. A release that does not take its sockets, never accepts, answers 500 or dies of its first
// request is rejected before it could touch a client.
#include "base/elf_notes.hpp"
#include "base/error.hpp"
#include "base/socket_name.hpp"
#include "base/text.hpp"
#include "deploy/act/acts.hpp"
#include "deploy/act/health.hpp"
#include "deploy/picture/observe.hpp"
#include "deploy/tell/socket_advice.hpp"
#include "deploy/units/private_socket.hpp"
#include "deploy/units/unit_names.hpp"
#include "site/listen/listening.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds k_limit = 10s; // to accept, and then to answer 2xx: as long as check_health() waits
constexpr auto k_look_again = 2ms;                 // nothing announces that a connection was accepted
constexpr auto k_in_the_queue = 5ms;               // for the kernel to put a new connection there
constexpr std::chrono::milliseconds k_after_a_connection = 100ms;
constexpr std::chrono::milliseconds k_ask_again = 100ms;
constexpr auto k_private_limit = 2s;

std::filesystem::path program_of(const SiteContext& context, const site::Manifest& release) {
    return context.store.tree_path(release.release) / release.conf.bin_name;
}

bool has_libbaton(const std::filesystem::path& program) {
    const auto owners = elf_note_owners(program);
    return std::find(owners.begin(), owners.end(), k_note_of_libbaton) != owners.end();
}

/// The questions to one candidate that runs on its own sockets.
class Preflight {
  public:
    Preflight(Pursued& pursued, const site::Manifest& release)
        : context_{pursued.context},
          sockets_{*pursued.preflight},
          release_{release},
          status_{context_.manager.status(release_unit(context_.name(), release.release))} {}

    /// Throws Error (rejected) with what it does instead.
    [[nodiscard]] site::Proof prove() {
        give_sockets();
        const PrivateSocket socket{context_.paths, context_.name(), release_.release};
        const bool has_private_socket = socket.exists();
        if (has_private_socket && is_held_back(socket)) return site::Proof::held;
        const bool has_health = release_.conf.health_path.has_value();
        if (has_private_socket && has_health)
            in_step(k_health, [&] { check_private_health(context_, release_, status_); });
        Fd first; // becomes that of the first request: a program may count a connection without one
        in_step(k_preflight, [&] { first = require_accepted(); });
        if (!has_private_socket && has_health) in_step(k_health, [&] { require_healthy(std::move(first)); });
        first.reset();
        in_step(k_preflight, [&] { stay_up(); });
        return proof_ = site::Proof::preflight;
    }
    /// O_NONBLOCK belongs to the open file description, which all releases share; nobody else uses the preflight's.
    [[nodiscard]] std::optional<bool> sets_nonblocking() const {
        if (proof_ != site::Proof::preflight) return std::nullopt;
        return (::fcntl(sockets_.sockets().front().fd.get(), F_GETFL) & O_NONBLOCK) != 0;
    }
    /// Of the failure that prove() threw.
    [[nodiscard]] const std::string& step() const noexcept { return step_; }

  private:
    static constexpr const char* k_health = "health";
    static constexpr const char* k_preflight = "preflight";

    template <typename Ask>
    void in_step(const char* step, Ask&& ask) try {
        step_ = step;
        ask();
    } catch (const Error& error) {
        const auto unit = quote(status_.unit);
        throw error.within(step == k_health ? fmt::format("checking the health of {}", unit)
                                            : fmt::format("trying {} on sockets of its own", unit));
    }

    /// With Type=exec, baton-exec may not have asked for them yet.
    void give_sockets() {
        const auto deadline = Clock::now() + k_limit;
        for (sockets_.give_to(status_.main_pid); !sockets_.are_given(); sockets_.give_to(status_.main_pid)) {
            in_step(k_preflight, [&] { require_up(); });
            if (Clock::now() >= deadline)
                throw Error{fmt::format("trying {} on sockets of its own: nothing asks for them within {}: does its "
                                        "unit still run baton-exec?",
                                        quote(status_.unit), duration_text(k_limit)),
                            ErrorKind::failed, fmt::format("systemctl cat {}", status_.unit)};
            context_.manager.wait_for_change({sockets_.descriptor()}, k_ask_again);
        }
    }

    /// By libbaton, behind a script: it accepts when it is told to, on its private socket.
    [[nodiscard]] static bool is_held_back(const PrivateSocket& socket) {
        const auto state = socket.state(k_private_limit);
        return state && state->state == "held";
    }

    void require_up() const { deploy::require_up(context_, release_, status_.invocation_id); }

    /// A program that dies of a connection does so soon after it.
    void stay_up() const {
        const auto until = Clock::now() + k_after_a_connection;
        do {
            require_up();
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
            context_.manager.wait_for_change({}, std::max(left, std::chrono::milliseconds{0}));
        } while (Clock::now() < until);
        require_up();
    }

    /// The connection to the first socket.
    [[nodiscard]] Fd require_accepted() const {
        Fd first;
        const auto deadline = Clock::now() + k_limit;
        for (const auto& [name, fd] : sockets_.sockets()) {
            auto connection = accepted(name, fd.get(), deadline);
            if (!first) first = std::move(connection);
        }
        return first;
    }

    /// A connection that it has accepted.
    [[nodiscard]] Fd accepted(const std::string& name, int listener, Clock::time_point deadline) const {
        auto connection = connect_to_listener(listener, k_limit);
        if (!connection)
            throw Error{
                fmt::format("it called shutdown(2) on the socket '{}' that it was given, which ends that socket for "
                            "everybody, or nobody can connect there: {}",
                            name, std::strerror(errno)),
                ErrorKind::rejected};
        std::this_thread::sleep_for(k_in_the_queue);
        while (has_waiting_connection(listener)) {
            require_up();
            if (Clock::now() >= deadline)
                throw Error{
                    fmt::format("it accepted no connection on the socket '{}' that it was given, within {}{}; {}", name,
                                duration_text(k_limit), elsewhere(), socket_advice(program_of(context_, release_))),
                    ErrorKind::rejected};
            std::this_thread::sleep_for(k_look_again);
        }
        return connection;
    }

    /// ", and listens on 0.0.0.0:3000 instead"
    [[nodiscard]] std::string elsewhere() const {
        const auto user = sockets_.user();
        if (!user || *user == 0) return {}; // root has many
        auto addresses = site::Listening::now().of(*user);
        for (const auto& before : sockets_.listened_before().of(*user)) // by the live release, say
            std::erase(addresses, before);
        for (const auto& [name, fd] : sockets_.sockets())
            std::erase(addresses, socket_name(fd.get()));
        return addresses.empty() ? "" : fmt::format(", and listens on {} instead", fmt::join(addresses, ", "));
    }

    void require_healthy(Fd connection) const {
        const auto& path = *release_.conf.health_path;
        const auto host = release_.conf.health_host.value_or("localhost");
        const auto& listener = sockets_.sockets().front().fd;
        ask_until_healthy(path, k_limit, [&](std::chrono::microseconds left) {
            require_up();
            const auto asked = connection ? std::move(connection) : connect_to_listener(listener.get(), k_limit);
            return ask_http(asked.get(),
                            {.method = "GET",
                             .target = path,
                             .want = Want::told,
                             .host = host,
                             .while_waiting = [this] { require_up(); }},
                            left);
        });
    }

    SiteContext& context_;
    PreflightSockets& sockets_;
    const site::Manifest& release_;
    sd::UnitStatus status_;
    std::string step_;
    site::Proof proof_ = site::Proof::unknown;
};

/// Ends the candidate; the next look starts it again.
void start_over(Pursued& pursued, bool on_sockets_of_its_own) {
    auto& candidate = *pursued.candidate;
    end_unit(pursued.context, candidate.release);
    pursued.preflight.reset();
    pursued.hold.reset();
    pursued.start_job.clear();
    pursued.up_since.reset();
    pursued.job_gone_since.reset();
    candidate.preflight = on_sockets_of_its_own;
    candidate.started = false;
    candidate.start_has_ended = false;
    candidate.start_result.clear();
    candidate.stayed_up = false;
}

} // namespace

Candidate with_proof(const SiteContext& context, const site::Manifest& release, Candidate candidate) {
    if (has_libbaton(program_of(context, release)))
        candidate.proof = site::Proof::held;
    else if (release.conf.preflight)
        candidate.preflight = true;
    else
        candidate.proof = site::Proof::none;
    return candidate;
}

void preflight(Pursued& pursued, const Picture& picture) {
    const auto release = picture.find(pursued.candidate->release)->record;
    Preflight preflight{pursued, release};
    try {
        pursued.candidate->proof = preflight.prove();
        pursued.candidate->nonblocking = preflight.sets_nonblocking();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::rejected) throw;
        return reject(pursued, picture, preflight.step(), error);
    }
    start_over(pursued, false);
}

void begin_preflight(Pursued& pursued) {
    start_over(pursued, true);
}

} // namespace baton::deploy
