// SPDX-License-Identifier: MIT
// The names of the failure classes and the rule that picks one.
#include "load/failure.hpp"

#include <cerrno>
#include <numeric>

namespace baton::load {

const std::array<Failure, k_failure_count>& all_failures() noexcept {
    static constexpr std::array<Failure, k_failure_count> all{
        Failure::refused,    Failure::reset,    Failure::closed_reused, Failure::cut,
        Failure::bad_status, Failure::bad_body, Failure::timeout,       Failure::local};
    return all;
}

std::string_view name(Failure failure) noexcept {
    switch (failure) {
    case Failure::refused:
        return "refused";
    case Failure::reset:
        return "reset";
    case Failure::closed_reused:
        return "closed_reused";
    case Failure::cut:
        return "cut";
    case Failure::bad_status:
        return "bad_status";
    case Failure::bad_body:
        return "bad_body";
    case Failure::timeout:
        return "timeout";
    case Failure::local:
        return "local";
    }
    return "local";
}

std::string_view describe(Failure failure) noexcept {
    switch (failure) {
    case Failure::refused:
        return "refused";
    case Failure::reset:
        return "reset before the reply";
    case Failure::closed_reused:
        return "closed on a reused connection";
    case Failure::cut:
        return "reply cut";
    case Failure::bad_status:
        return "bad status";
    case Failure::bad_body:
        return "bad body";
    case Failure::timeout:
        return "timeout";
    case Failure::local:
        return "our own side";
    }
    return "our own side";
}

namespace {

Failure classify_connect(int error_number) noexcept {
    switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
        return Failure::local; // connect(2): no ephemeral port left
    case ETIMEDOUT:
        return Failure::timeout;
    case ECONNRESET:
        return Failure::reset;
    default:
        return Failure::refused;
    }
}

} // namespace

Failure classify(Stage stage, int error_number) noexcept {
    switch (stage) {
    case Stage::connecting:
        return classify_connect(error_number);
    case Stage::first_unsaid:
        return Failure::reset;
    case Stage::next_unsaid:
        return Failure::closed_reused;
    case Stage::replying:
        return Failure::cut;
    }
    return Failure::local;
}

void FailureCounts::merge(const FailureCounts& other) noexcept {
    for (const auto failure : all_failures())
        add(failure, other[failure]);
}

std::uint64_t FailureCounts::total() const noexcept {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

} // namespace baton::load
