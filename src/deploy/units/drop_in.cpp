// SPDX-License-Identifier: MIT
#include "deploy/units/drop_in.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton::deploy {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view k_blank = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(k_blank), text.size()));
    return text.substr(0, text.find_last_not_of(k_blank) + 1);
}

/// The next line, with those that a backslash at the end continues it by.
std::string take_line(std::string_view& text) {
    std::string line;
    for (;;) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (const auto word = trimmed(part); word.starts_with('#') || word.starts_with(';')) {
            if (line.empty() || text.empty()) return line;
            continue; // between continued lines
        }
        line += part;
        if (!line.ends_with('\\') || text.empty()) return line;
        line.back() = ' ';
    }
}

} // namespace

std::string drop_in_text(const std::filesystem::path& path) {
    constexpr std::size_t k_limit_bytes = 256UL * 1024;
    std::error_code error; // read_file() says why
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) return {}; // as systemd
    if (const auto size = std::filesystem::file_size(path, error); !error && size > k_limit_bytes)
        return fmt::format("# {} bytes\n", size);
    return read_file(path, k_limit_bytes).value_or("");
}

DropIn read_drop_in(const std::filesystem::path& path) {
    return {path, parse_settings(drop_in_text(path))};
}

std::vector<Setting> parse_settings(std::string_view text) {
    std::vector<Setting> settings;
    std::string section;
    while (!text.empty()) {
        const auto line = take_line(text);
        const auto words = trimmed(line);
        const auto equals = words.find('=');
        if (words.starts_with('[') && words.ends_with(']'))
            section = words.substr(1, words.size() - 2);
        else if (equals != words.npos)
            settings.push_back({section, std::string{trimmed(words.substr(0, equals))},
                                std::string{trimmed(words.substr(equals + 1))}});
    }
    return settings;
}

const std::string* DropIn::find(std::string_view setting) const {
    const auto found =
        std::find_if(settings.rbegin(), settings.rend(), [&](const Setting& it) { return it.name == setting; });
    return found == settings.rend() ? nullptr : &found->value;
}

const DropIn* last_with(const std::vector<DropIn>& drop_ins, std::string_view setting) {
    const auto found =
        std::find_if(drop_ins.rbegin(), drop_ins.rend(), [&](const DropIn& it) { return it.find(setting) != nullptr; });
    return found == drop_ins.rend() ? nullptr : &*found;
}

} // namespace baton::deploy
