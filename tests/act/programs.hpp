// SPDX-License-Identifier: MIT
// The programs that the cases upload, by name; the top of each source in tests/programs/ describes it.
#pragma once

#include <stdexcept>
#include <string>

namespace act {

inline const char* program_path(const std::string& name) {
    if (name == "shop") return BATON_TEST_SHOP;
    if (name == "misbehave") return BATON_TEST_MISBEHAVE;
    if (name == "plain.py") return BATON_TEST_PLAIN;
    throw std::invalid_argument{name};
}

} // namespace act
