// SPDX-License-Identifier: MIT
// The '#!' line of a script, read as execve(2) reads it, and what is wrong with it. Uses only the standard library,
// because baton-exec runs at every start.
#pragma once

#include <optional>
#include <string>

namespace baton {

struct ScriptLine {
    std::string interpreter; ///< up to a blank; includes a carriage return if the file has one
    std::string argument;    ///< the rest without blanks at its ends; the kernel passes it as one argument
};

/// None if `program` is not a script or cannot be read.
[[nodiscard]] std::optional<ScriptLine> script_line_of(const std::string& program);

/// Why the script will not run, as the text after a colon; empty if its interpreter exists. A relative interpreter
/// depends on the working directory and is not looked up.
[[nodiscard]] std::string script_fault(const ScriptLine& line);

} // namespace baton
