// SPDX-License-Identifier: MIT
#include "doctor/proc.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/number.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace baton::doctor {

std::uint64_t number_in(const std::filesystem::path& file) {
    constexpr std::size_t k_limit_bytes = 64;
    const auto text = read_file(file, k_limit_bytes);
    if (!text) throw Error{fmt::format("reading {}: there is no such file", quote(file.native()))};
    const auto number = parse_number<std::uint64_t>(std::string_view{*text}.substr(0, text->find('\n')));
    if (!number) throw Error{fmt::format("reading {}: no number is in it", quote(file.native()))};
    return *number;
}

} // namespace baton::doctor
