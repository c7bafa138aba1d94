// SPDX-License-Identifier: MIT
// What the engine can do: one executor for each action in the decision's table, bounded, done or undone. It records the
// outcome as a fact, with who caused it; the next look sees it.
#pragma once

#include "deploy/act/health.hpp"
#include "deploy/act/pursued.hpp"
#include "deploy/decide/decide.hpp"

namespace baton::deploy {

/// Executes `action`, which is neither wait nor settled. Throws Error when this host prevented it: nothing has changed
/// then, or the next look sees the change.
void perform(Pursued& pursued, const Picture& picture, const Action& action);

/// Closes a listener that no release needs.
void unbind(SiteContext& context, const std::string& listener);

// import.cpp
void import(Pursued& pursued, const Picture& picture);
/// `release`, by its content, becomes the candidate: a person asked for it, or the live one failed.
void copy(Pursued& pursued, const Picture& picture, int release, Candidate::Purpose purpose);

// start.cpp
void bind(Pursued& pursued, const Picture& picture);
void start(Pursued& pursued, const Picture& picture);
void check(Pursued& pursued, const Picture& picture);
/// What HealthPath and HealthHost ask of that start of the release; the path is empty without them.
[[nodiscard]] HealthCheck health_check_of(const SiteContext& context, const site::Manifest& release,
                                          const sd::UnitStatus& status);
// preflight.cpp
/// Whether the program must show on sockets of its own that it can serve, and if not, what shows it.
[[nodiscard]] Candidate with_proof(const SiteContext& context, const site::Manifest& release, Candidate candidate);
/// The candidate runs on sockets of its own: starts to ask it whether it serves there, and notes the answer.
void follow_preflight(Pursued& pursued, const site::Manifest& release, const sd::UnitStatus& status);
/// There is an answer: the candidate is rejected, or told to leave, to be started on the site's sockets.
void conclude_preflight(Pursued& pursued, const Picture& picture);
/// It has left.
void end_preflight(Pursued& pursued);
/// The candidate, which runs, is ended, and the next start is one for a preflight.
void begin_preflight(Pursued& pursued);
// listen.cpp
/// Makes systemd listen again by `unit`, which the live release needs. A release that holds an unreachable socket, or
/// one in the way of a new socket, is told to leave and started again.
void listen(Pursued& pursued, const Picture& picture, const std::string& unit);

// switch_over.cpp
void switch_over(Pursued& pursued, const Picture& picture);
/// After a process was killed between the switch and its record.
void finish_switch(Pursued& pursued, const Picture& picture);

// give_up.cpp
/// Deletes its snapshot, without a verdict.
void drop(Pursued& pursued, const Picture& picture, const Action& action);
/// Stops a release that has not served: it gets a short time to leave.
void end_unit(SiteContext& context, int release);
/// A verdict on the candidate's content.
void reject(Pursued& pursued, const Picture& picture, const std::string& step, const Error& error);
/// `why` it is not live yet. It is tried again, later each time.
void put_off(Pursued& pursued, const Picture& picture, const Error& why);
/// The same for a roll back that nobody asked for.
void put_off_way_back(Pursued& pursued, const Picture& picture, const std::string& why);
/// What is wanted cannot be a release, or was one, `rejected`: this decides the wish.
void refuse(Pursued& pursued, const Picture& picture, const Error& error, std::optional<int> rejected = {});

// keep_up.cpp
void go_back(Pursued& pursued, const Picture& picture, int release);
void start_live(Pursued& pursued, const Picture& picture);
void count_failure(Pursued& pursued, const Picture& picture);

} // namespace baton::deploy
