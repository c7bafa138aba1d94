// SPDX-License-Identifier: MIT
// The Error that an operation throws, to check its message and kind; the test fails when it throws none.
#pragma once

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace baton::test {

template <typename Operation>
[[nodiscard]] Error error_of(Operation operation) {
    try {
        (void)operation();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no Error was thrown");
    return Error{"unreachable"};
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace baton::test

namespace baton {

inline doctest::String toString(ErrorKind kind) {
    return std::to_string(kind.exit_status).c_str();
}

} // namespace baton
