// SPDX-License-Identifier: MIT
#include "deploy/site_units.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/unit_names.hpp"
#include "site/site_name.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_unit_file_limit_bytes = 256 * 1024;
constexpr std::string_view k_drop_in = "10-baton.conf"; // sorts before the override.conf of `systemctl edit`
constexpr std::string_view k_written_by = "# Written by baton; change nothing here, use `systemctl edit`.\n";

/// A template's file name, and the unit's.
struct UnitFile {
    std::string_view name_in_templates;
    std::string unit;
};

std::vector<UnitFile> plain_units(std::string_view site) {
    return {{"site.service", handle_unit(site)},
            {"site.socket", first_listener_unit(site)},
            {"site@.socket", fmt::format("{}@.socket", site)},
            {"site.path", path_unit(site)},
            {"site@.service", fmt::format("{}@.service", site)}};
}

std::string drop_in_path(std::string_view unit) {
    return fmt::format("{}.d/{}", unit, k_drop_in);
}

/// "%" begins a specifier in every setting; systemd.unit(5).
std::string escape_specifiers(std::string_view text) {
    std::string escaped;
    for (const char c : text)
        escaped += c == '%' ? std::string{"%%"} : std::string{c};
    return escaped;
}

/// For settings that hold several words, such as BindReadOnlyPaths=, whose paths end at ":".
std::string quote_word(std::string_view text) {
    std::string word = "\"";
    for (const char c : escape_specifiers(text)) {
        if (c == '"' || c == '\\') word += '\\';
        if (c == ':') word += "\\\\"; // one level for the quotes, one for the colon
        word += c;
    }
    return word + '"';
}

/// Wants= keeps the activation unit active, and with it PID 1 from polling the socket, for as long as any release runs.
std::string release_drop_in(const UnitParameters& parameters) {
    const auto& directory = parameters.record.directory.native();
    const auto listener = listener_unit(parameters.site, parameters.record, parameters.address);
    const auto live_listener = listener_unit(parameters.site, parameters.record, parameters.live_address);
    auto wants = activation_unit(listener);
    if (live_listener != listener) wants += " " + activation_unit(live_listener);
    return fmt::format("{}[Unit]\nWants={}\n\n[Service]\nUser={}\nSockets={}\nWorkingDirectory={}\n"
                       "BindReadOnlyPaths=%S/baton/%p/releases/%i/tree:{}\n",
                       k_written_by, escape_specifiers(wants), site::user_name(parameters.site),
                       escape_specifiers(listener), escape_specifiers(directory), quote_word(directory));
}

std::string listener_drop_in(const site::Address& address) {
    const bool tcp = address.family != site::Address::Family::unix_path;
    return fmt::format("{}[Socket]\nListenStream={}\n{}", k_written_by, escape_specifiers(address.text()),
                       tcp ? "NoDelay=yes\n" : "");
}

} // namespace

std::string listener_unit(std::string_view site, const site::SiteRecord& record, const site::Address& address) {
    return address == record.address ? first_listener_unit(site) : moved_listener_unit(site, address.text());
}

std::map<std::string, std::string> unit_files(const Paths& paths, const UnitParameters& parameters) {
    std::map<std::string, std::string> files;
    for (const auto& [name, unit] : plain_units(parameters.site)) {
        const auto from = paths.unit_templates / name;
        auto text = read_file(from, k_unit_file_limit_bytes);
        if (!text)
            throw Error{fmt::format("reading the unit file {}: it is missing", quote(from.native()))}.with_hint(
                "install baton again: meson install -C build");
        files.emplace(unit, std::move(*text));
    }
    const auto& site = parameters.site;
    const auto watched = parameters.record.directory / parameters.record.conf_name;
    files.emplace(drop_in_path(first_listener_unit(site)), listener_drop_in(parameters.record.address));
    files.emplace(drop_in_path(path_unit(site)),
                  fmt::format("{}[Path]\nPathChanged={}\n", k_written_by, escape_specifiers(watched.native())));
    files.emplace(drop_in_path(fmt::format("{}@.service", site)), release_drop_in(parameters));
    return files;
}

Written write_units(const Paths& paths, const UnitParameters& parameters) {
    auto written = Written::nothing;
    for (const auto& [name, text] : unit_files(paths, parameters)) {
        const auto path = paths.units / name;
        if (read_file(path, k_unit_file_limit_bytes) == text) continue;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        write_file_atomically(path, text);
        written = Written::something;
    }
    return written;
}

void remove_units(const Paths& paths, std::string_view site) {
    std::error_code error; // what is not there needs no removing
    for (const auto& [name, unit] : plain_units(site)) {
        fs::remove(paths.units / unit, error);
        fs::remove(paths.units / drop_in_path(unit), error);
        fs::remove(paths.units / fmt::format("{}.d", unit), error); // if it is empty now
    }
}

} // namespace baton::deploy
