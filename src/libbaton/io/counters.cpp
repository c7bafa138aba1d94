// SPDX-License-Identifier: MIT
#include "libbaton/io/counters.hpp"

#include <algorithm>

namespace baton::engine {

std::size_t ShardedCount::own_place() noexcept {
    static std::atomic<std::size_t> threads{0};
    constinit thread_local std::size_t t_place = k_places; // none yet
    if (t_place == k_places) t_place = threads.fetch_add(1, std::memory_order_relaxed) % k_places;
    return t_place;
}

std::uint64_t ShardedCount::value() const noexcept {
    std::uint64_t sum = 0; // wraps around and back if the two parts of a pair are in different places
    for (const auto& place : places_)
        sum += place.count.load(std::memory_order_relaxed);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(static_cast<std::int64_t>(sum), 0));
}

void StatusCounts::add(int status) noexcept {
    const int first_digit = status >= 100 && status < 600 ? status / 100 : k_classes; // no such status: our own error
    classes_[static_cast<std::size_t>(first_digit - 1)].add(1);
}

std::uint64_t StatusCounts::of_class(int first_digit) const noexcept {
    return classes_[static_cast<std::size_t>(first_digit - 1)].value();
}

std::uint64_t StatusCounts::value() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& of_class : classes_)
        sum += of_class.value();
    return sum;
}

void DurationCounts::add(std::chrono::nanoseconds duration) noexcept {
    std::size_t index = 0;
    while (index < k_bounds.size() && duration > k_bounds[index])
        ++index;
    buckets_[index].add(1);
    sum_.add(static_cast<std::uint64_t>(duration.count()));
}

} // namespace baton::engine
