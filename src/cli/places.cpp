// SPDX-License-Identifier: MIT
#include "cli/places.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/user_name.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace baton::cli {
namespace fs = std::filesystem;
namespace {

constexpr auto k_doing = "looking for your own service manager";

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// A directory that a variable names, if it is set.
struct Place {
    const char* variable;
    const char* below_home; ///< where it is otherwise
};
constexpr Place k_state{"XDG_STATE_HOME", ".local/state"};
constexpr Place k_data{"XDG_DATA_HOME", ".local/share"};
constexpr Place k_config{"XDG_CONFIG_HOME", ".config"};

/// As systemd, which ignores paths that are not absolute; XDG Base Directory Specification.
template <typename Variables>
fs::path directory_of(const Place& place, const Variables& value_of) {
    fs::path directory = value_of(place.variable);
    if (!directory.is_absolute()) directory = fs::path{value_of("HOME")} / place.below_home;
    directory = directory.lexically_normal();
    return directory.has_filename() ? directory : directory.parent_path(); // "state/"
}

fs::path directory_of(const Place& place) {
    return directory_of(place, variable);
}

/// Unit files name it.
fs::path checked(fs::path directory) {
    const auto& text = directory.native();
    if (directory.is_absolute() && printable(text) == text && text.find_first_of("\"\\") == text.npos) return directory;
    throw Error{
        fmt::format("{}: expected an absolute path without quotes and backslashes, found {}", k_doing, quote(text)),
        error_kind::usage, "set HOME, or XDG_STATE_HOME, to a directory of yours"};
}

/// What to type where a user has no session of their own, as after su(1) or sudo(8).
std::string how_to_reach() {
    if (::geteuid() == 0)
        return "baton --user is for a user's own sites, and without it baton has the host's; for those of ann: sudo -u "
               "ann XDG_RUNTIME_DIR=/run/user/$(id -u ann) baton --user ...";
    return fmt::format("export XDG_RUNTIME_DIR=/run/user/{}; if that is missing, as root: loginctl enable-linger {}",
                       ::geteuid(), user_name(::geteuid()));
}

fs::path runtime_directory() {
    const auto runtime = variable("XDG_RUNTIME_DIR");
    if (runtime.empty())
        throw Error{fmt::format("{}: XDG_RUNTIME_DIR is not set", k_doing), error_kind::usage, how_to_reach()};
    struct stat st = {};
    if (::stat(runtime.c_str(), &st) < 0)
        throw errno_error(fmt::format("{} in {}", k_doing, quote(runtime))).with_hint(how_to_reach());
    if (st.st_uid != ::geteuid())
        throw Error{fmt::format("{}: {} belongs to another user, whose sites these are", k_doing, quote(runtime)),
                    error_kind::usage, ::geteuid() == 0 ? "type it as that user, without sudo" : how_to_reach()};
    return runtime;
}

} // namespace

deploy::Paths places_of_host() {
    return {.state = "/var/lib/baton",
            .units = BATON_SITE_UNITS,
            .unit_templates = fs::path{BATON_UNIT_TEMPLATES} / "system",
            .runtime = "/run",
            .etc_units = "/etc/systemd/system"};
}

deploy::Paths places_of_user() {
    const auto runtime = runtime_directory();
    return {.state = checked(directory_of(k_state) / "baton"),
            .units = directory_of(k_data) / "systemd" / "user",
            .unit_templates = fs::path{BATON_UNIT_TEMPLATES} / "user",
            .runtime = runtime,
            .etc_units = directory_of(k_config) / "systemd" / "user",
            .scope = sd::Scope::user,
            .owner = ::geteuid()};
}

void require_same_places(sd::Manager& manager) {
    const auto environment = manager.environment();
    const auto value_there = [&](std::string_view name) -> std::string {
        const auto prefix = fmt::format("{}=", name);
        const auto found = std::find_if(environment.begin(), environment.end(),
                                        [&](const std::string& it) { return it.starts_with(prefix); });
        return found == environment.end() ? "" : found->substr(prefix.size());
    };
    for (const auto& place : {k_state, k_data, k_config}) {
        const auto there = directory_of(place, value_there).native();
        const auto here = directory_of(place).native();
        if (there != here)
            throw Error{
                fmt::format("asking your service manager: {} is {} there, and {} here", place.variable, quote(there),
                            quote(here)),
                error_kind::usage,
                fmt::format("export {}={}; to move it instead, set it in ~/.config/environment.d/baton.conf, and "
                            "type systemctl --user daemon-reload",
                            place.variable, shell_word(there))};
    }
}

} // namespace baton::cli
