// SPDX-License-Identifier: MIT
// The command line of baton-load, read with CLI11 into a Config.
#pragma once

#include "load/config.hpp"

#include <optional>
#include <string>

namespace baton::load {

struct Options {
    Config config;
    std::string json_file;  ///< the file for the JSON report; "-" is stdout; empty: none
    std::string ready_file; ///< created once every mode has had a good reply; empty: none
    bool progress = false;
};

/// Reads the command line. Returns nothing if it only asked for help, which is then printed. Throws Error (usage).
[[nodiscard]] std::optional<Options> read_options(int argc, char** argv);

} // namespace baton::load
