// SPDX-License-Identifier: MIT
// The known methods, RFC 9110 section 9 and RFC 5789; any other gets a 501.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace baton::http {

enum class Method : std::uint8_t { get, post, put, patch, remove, options, head, unknown };

inline constexpr std::array k_methods{
    std::pair{std::string_view{"GET"}, Method::get},        std::pair{std::string_view{"HEAD"}, Method::head},
    std::pair{std::string_view{"POST"}, Method::post},      std::pair{std::string_view{"PUT"}, Method::put},
    std::pair{std::string_view{"PATCH"}, Method::patch},    std::pair{std::string_view{"DELETE"}, Method::remove},
    std::pair{std::string_view{"OPTIONS"}, Method::options}};

/// Names are case-sensitive, RFC 9110 section 9.1.
constexpr Method parse_method(std::string_view name) noexcept {
    for (const auto& [known, method] : k_methods)
        if (known == name) return method;
    return Method::unknown;
}

constexpr bool only_reads(Method method) noexcept {
    return method == Method::get || method == Method::head;
}

/// httplib reads a body only for these methods.
constexpr bool may_have_body(Method method) noexcept {
    return method == Method::post || method == Method::put || method == Method::patch || method == Method::remove;
}

} // namespace baton::http
