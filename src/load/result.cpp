// SPDX-License-Identifier: MIT
// Sums over a result.
#include "load/result.hpp"

namespace baton::load {

std::string_view name(StopReason reason) noexcept {
    switch (reason) {
    case StopReason::asked:
        return "asked";
    case StopReason::duration:
        return "duration";
    case StopReason::requests:
        return "requests";
    case StopReason::until_file:
        return "until_file";
    case StopReason::until_version:
        return "until_version";
    }
    return "asked";
}

std::uint64_t Result::old_after_new() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& version : versions)
        sum += version.old_after_new;
    return sum;
}

std::optional<TimePoint> Result::first_answer(std::string_view ver) const noexcept {
    std::optional<TimePoint> first;
    for (const auto& version : versions)
        if (version.identity.ver == ver && (!first || version.first < *first)) first = version.first;
    return first;
}

} // namespace baton::load
