// SPDX-License-Identifier: MIT
// The '#!' line of a script, read as execve(2) reads it, and what is wrong with it. The standard library only:
// baton-exec is in the way of every start.
#pragma once

#include <optional>
#include <string>

namespace baton {

struct ScriptLine {
    std::string interpreter; ///< up to a blank; with a carriage return where the file has one
    std::string argument;    ///< the rest, without blanks at its ends; one argument for the kernel
};

/// None when `program` is no script or cannot be read.
[[nodiscard]] std::optional<ScriptLine> script_line_of(const std::string& program);

/// Why the script will not run, as what comes after a colon; empty when its interpreter is there. A relative
/// interpreter is one of the working directory and not looked for.
[[nodiscard]] std::string script_fault(const ScriptLine& line);

} // namespace baton
