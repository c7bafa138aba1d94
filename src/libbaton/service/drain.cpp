// SPDX-License-Identifier: MIT
// The part of a Service that ends it: stops accepting, finishes requests in progress, cuts those that do not end.
#include "libbaton/io/log.hpp"
#include "libbaton/service/service.hpp"
#include "sd/notify.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>

namespace baton::service {

using engine::Milliseconds;
using engine::now;
using engine::ServingState;
using engine::value;

namespace {

std::string seconds_text(Milliseconds time) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>{time}.count());
    return text.data();
}

} // namespace

void Service::begin_drain(ServingState how) {
    drain_began_ = now();
    held_listeners_.clear();
    forget_hold();
    for (auto& acceptor : public_acceptors_)
        acceptor->stop();
    state_.serving.store(how); // from now on /.baton/state reports it, and no connection is accepted
    (void)sd::notify("STOPPING=1");
    tell_drain_progress();
    for (const auto& callback : state_.drain_callbacks) {
        try {
            callback();
        } catch (...) {
            engine::log_current_exception("calling the drain callback");
        }
    }
}

bool Service::stop_was_asked() {
    const bool by_base = stop_line_.take();
    return state_.stop_asked.exchange(false) || by_base;
}

/// As Server::stop() promises: does not wait for clients without a request in flight.
void Service::begin_stop() {
    begin_drain(ServingState::stopping);
    core_.table.for_each([&](engine::Connection& connection) { core_.poller.poke(connection); });
}

/// httplib's stop() waits for its handlers without a limit, and so does this one. Clients that are slow to send or to
/// take have had their time.
void Service::give_up_clients() {
    if (core_.activity.gives_clients_up.exchange(true)) return;
    core_.table.for_each([&](engine::Connection& connection) { core_.poller.poke(connection); });
}

/// systemd's timeout must not expire before our own deadline.
void Service::tell_drain_progress() const {
    const auto& counters = core_.counters;
    (void)sd::notify("EXTEND_TIMEOUT_USEC=10000000\nSTATUS=draining: " + std::to_string(value(counters.in_flight)) +
                     " requests in flight, " + std::to_string(value(counters.connections)) + " connections");
}

void Service::cut(const char* why) {
    const auto unfinished = value(core_.counters.in_flight);
    engine::add(core_.counters.cut, unfinished);
    engine::log(engine::Level::warning, std::string{"draining: "} + why + ": cutting " + std::to_string(unfinished) +
                                            " requests, closing " + std::to_string(value(core_.counters.connections)) +
                                            " connections");
    state_.serving.store(ServingState::cutting);
    core_.table.shut_down_running();
    core_.table.for_each([&](engine::Connection& connection) { core_.poller.poke(connection); });
    cut_at_ = now();
}

void Service::finish() {
    for (auto& acceptor : private_acceptors_)
        acceptor->stop();
    const auto& counters = core_.counters;
    engine::log(engine::Level::info, "drained " + std::to_string(value(counters.drained)) + " requests, closed " +
                                         std::to_string(value(counters.closed_idle)) + " idle connections in " +
                                         seconds_text(now() - drain_began_) + "; " +
                                         std::to_string(value(counters.cut)) + " cut");
    // After stop() alone no handler is left: it was waited for. Otherwise the process is to end, whatever they do.
    const bool waits = core_.serving() == ServingState::stopping && !told_by_signal_;
    const auto stuck = pool_.stop(waits ? Milliseconds::max() : k_end_patience);
    // systemd keeps this after we exit: what happens from here on is not the release's doing, but its program's own
    // end.
    if (value(counters.cut) == 0) (void)sd::notify("STATUS=drained; what follows is the program's own end");
    if (stuck == 0) return;
    engine::log(engine::Level::warning, std::to_string(stuck) + " handlers do not return; exiting without them");
    ::_exit(0); // their threads use objects that a return from main would destroy
}

} // namespace baton::service
