// SPDX-License-Identifier: MIT
#include "cli/colour.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace baton::cli {
namespace {

/// Select Graphic Rendition, ECMA-48 8.3.117.
constexpr std::array<std::string_view, 4> k_codes{"0", "32", "33", "31"};

std::string_view variable(const char* name) noexcept {
    const char* const text = std::getenv(name);
    return text == nullptr ? "" : text;
}

} // namespace

bool is_vivid(int fd) noexcept {
    const auto term = variable("TERM");
    return ::isatty(fd) == 1 && !term.empty() && term != "dumb" && variable("NO_COLOR").empty();
}

std::string painted(Colour colour, std::string_view text) {
    if (colour == Colour::none) return std::string{text};
    return fmt::format("\033[{}m{}\033[0m", k_codes[static_cast<std::size_t>(colour)], text);
}

} // namespace baton::cli
