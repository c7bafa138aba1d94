// SPDX-License-Identifier: MIT
#include "doctor/finding.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace baton::doctor {

std::string Finding::line() const {
    auto text = what;
    if (!why.empty()) text += "; " + why;
    if (!type.empty()) text += ": " + type;
    return text;
}

std::string in_order(const std::vector<std::string>& commands) {
    return fmt::format("{}", fmt::join(commands, " && "));
}

std::string with_replaced(const std::filesystem::path& file, std::string_view text, std::string_view from,
                          std::string_view by) {
    const auto first = from.empty() ? text.npos : text.find(from);
    const auto path = shell_word(file.native());
    if (first == text.npos || text.find(from, first + 1) != text.npos) return fmt::format("editor {}", path);
    return fmt::format("sed -i 's/{}/{}/' {}", from, by, path);
}

std::string without_setting(std::string_view setting, const std::filesystem::path& drop_in) {
    return fmt::format("sed -i --follow-symlinks '/^[[:blank:]]*{}[[:blank:]]*=/d' {}", setting,
                       shell_word(drop_in.native()));
}

std::string without_reset(std::string_view setting, const std::filesystem::path& drop_in) {
    return fmt::format("sed -i --follow-symlinks '/^[[:blank:]]*{}[[:blank:]]*=[[:blank:]]*$/d' {}", setting,
                       shell_word(drop_in.native()));
}

std::string set_kernel_parameter(std::string_view name, std::string_view value) {
    const auto file = fmt::format("/etc/sysctl.d/90-baton-{}.conf", name);
    return fmt::format("echo {}={} >{} && sysctl --load {}", name, value, file, file);
}

} // namespace baton::doctor
