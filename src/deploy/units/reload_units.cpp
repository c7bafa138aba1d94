// SPDX-License-Identifier: MIT
#include "deploy/units/reload_units.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/lock.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

using Monotonic = std::chrono::steady_clock; // of all processes of this boot: clock_gettime(2) CLOCK_MONOTONIC

std::optional<Lock> take_lock(const fs::path& directory) try {
    std::error_code ignored; // the lock says why
    fs::create_directories(directory, ignored);
    return Lock::take(directory / ".reload");
} catch (const Error&) { // a full disk: each reloads on its own
    return std::nullopt;
}

/// When the last of these reloads began.
std::optional<Monotonic::duration> last_begun(const fs::path& file) try {
    const auto text = read_file(file, 32);
    Monotonic::rep count = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc{})
        return std::nullopt;
    return Monotonic::duration{count};
} catch (const Error&) {
    return std::nullopt;
}

void note_begun(const fs::path& file, Monotonic::duration begun) try {
    write_file_atomically(file, fmt::format("{}", begun.count()));
} catch (const Error&) { // the next one reloads once too often
}

} // namespace

void reload_units(const Paths& paths, sd::Units& manager, const std::function<void()>& write_others) {
    const auto written = Monotonic::now().time_since_epoch();
    const auto directory = paths.runtime / "baton";
    const auto file = directory / ".reloaded";
    const bool is_crowd = manager.give_way();
    const auto lock = take_lock(directory);
    if (const auto begun = last_begun(file); lock && begun && *begun >= written) return;
    if (is_crowd && write_others) write_others();
    const auto begun = Monotonic::now().time_since_epoch();
    manager.daemon_reload();
    if (lock) note_begun(file, begun);
}

} // namespace baton::deploy
