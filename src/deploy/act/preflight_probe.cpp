// SPDX-License-Identifier: MIT
#include "deploy/act/preflight_probe.hpp"

#include "base/error.hpp"
#include "base/socket_name.hpp"
#include "base/text.hpp"
#include "deploy/tell/socket_advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace baton::deploy {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds k_connect_limit = 1s;
constexpr std::chrono::milliseconds k_look_again = 2ms;           // nothing announces that a connection was accepted
constexpr auto k_looks_for_private_socket = 25;                   // of those, one looks for that
constexpr std::chrono::milliseconds k_in_the_queue = 5ms;         // for the kernel to put a new connection there
constexpr std::chrono::milliseconds k_after_a_connection = 100ms; // a program that dies of one does so soon
constexpr auto k_private_limit = 2s;

/// With TCP_DEFER_ACCEPT, a connection without data is not in the queue, as if it had been accepted.
void show_all_connections(int listener) {
    const int off = 0;
    (void)::setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &off, sizeof off);
}

Error shut_down(const std::string& name) {
    return Error{fmt::format(
        "it called shutdown(2) on the socket '{}' that it was given, which ends that socket for everybody", name)};
}

} // namespace

PreflightProbe::PreflightProbe(const PreflightSockets& sockets, Questions questions)
    : sockets_{sockets}, questions_{std::move(questions)}, done_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    thread_ = std::thread{[this] {
        Answer answer;
        try {
            answer = ask();
        } catch (const Stopped&) {
            return;
        } catch (const Error& error) {
            answer.failure = error.what();
        }
        {
            const std::lock_guard lock{mutex_};
            answer_ = std::move(answer);
        }
        (void)::eventfd_write(done_.get(), 1);
    }};
}

PreflightProbe::~PreflightProbe() {
    stops_ = true;
    thread_.join();
}

std::optional<PreflightProbe::Answer> PreflightProbe::answer() const {
    const std::lock_guard lock{mutex_};
    return answer_;
}

void PreflightProbe::go_on() const {
    if (stops_) throw Stopped{};
}

void PreflightProbe::sleep(std::chrono::milliseconds time) const {
    constexpr std::chrono::milliseconds k_at_once = 20ms;
    for (; time > 0ms; time -= k_at_once) {
        go_on();
        std::this_thread::sleep_for(std::min(time, k_at_once));
    }
}

bool PreflightProbe::is_held_back() const {
    const auto& socket = questions_.health.socket;
    const auto state = socket.exists() ? socket.state(k_private_limit) : std::nullopt;
    return state && state->state == ServingState::held;
}

PreflightProbe::Answer PreflightProbe::ask() {
    Answer answer{.step = "health"};
    auto health = questions_.health;
    health.require_up = [this] { go_on(); };
    const bool has_health = !health.path.empty();
    bool is_asked = !has_health;
    try {
        if (is_held_back()) return {.is_held = true};
        if (!is_asked && health.socket.exists()) {
            check_health(health);
            is_asked = true;
        }
        for (const auto& [name, fd] : sockets_.sockets()) {
            answer.step = "preflight";
            auto connection = accepted(name, fd.get());
            if (!connection) return {.is_held = true};
            if (is_asked) continue; // closes it: a program may serve one connection at a time
            answer.step = "health";
            if (health.socket.exists())
                check_health(health);
            else
                ask_for_health(fd.get(), std::move(connection));
            is_asked = true;
        }
    } catch (const Error& error) {
        answer.failure = error.what();
        return answer;
    }
    sleep(k_after_a_connection);
    return {};
}

Fd PreflightProbe::accepted(const std::string& name, int listener) {
    show_all_connections(listener);
    auto connection = connect_to_listener(listener, k_connect_limit);
    if (!connection && errno == ECONNREFUSED) throw shut_down(name);
    sleep(k_in_the_queue);
    for (int looks = 0; !connection || has_waiting_connection(listener); ++looks) {
        go_on();
        if (!is_listening(listener)) throw shut_down(name); // after our connection was in its queue
        if (looks % k_looks_for_private_socket == 0 && is_held_back()) return Fd{};
        if (Clock::now() >= questions_.accept_by)
            throw Error{fmt::format(
                "it accepted no connection on the socket '{}' that it was given, within {}{}; {}; a "
                "program that waits for the one before it to leave needs \"Preflight\": false",
                name, duration_text(questions_.accept_limit), elsewhere(), socket_advice(questions_.program))};
        std::this_thread::sleep_for(k_look_again);
        if (!connection) connection = connect_to_listener(listener, k_connect_limit); // its queue was full
    }
    if (!is_listening(listener)) throw shut_down(name);
    return connection;
}

void PreflightProbe::ask_for_health(int listener, Fd connection) {
    const auto& health = questions_.health;
    ask_until_healthy(health.path, health.limit, [&](std::chrono::microseconds left) {
        go_on();
        const auto asked = connection ? std::move(connection) : connect_to_listener(listener, k_connect_limit);
        return ask_http(asked.get(),
                        {.method = "GET",
                         .target = health.path,
                         .want = Want::told,
                         .host = health.host,
                         .while_waiting = [this] { go_on(); }},
                        left);
    });
}

/// ", and listens on 0.0.0.0:3000 instead"
std::string PreflightProbe::elsewhere() const {
    const auto user = sockets_.user();
    if (!user || *user == 0) return {}; // root has many
    auto addresses = site::Listening::now().of(*user);
    for (const auto& before : sockets_.listened_before().of(*user)) // by the live release, say
        std::erase(addresses, before);
    for (const auto& [name, fd] : sockets_.sockets())
        std::erase(addresses, socket_name(fd.get()));
    return addresses.empty() ? "" : fmt::format(", and listens on {} instead", fmt::join(addresses, ", "));
}

} // namespace baton::deploy
