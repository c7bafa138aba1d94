// SPDX-License-Identifier: MIT
// The process that pursues a site now: found by its lock, in order to kill it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace history {

/// Sends it SIGKILL, if there is one; `all`: its children first. Returns those that are left of it.
std::vector<pid_t> kill_pursuer(const std::filesystem::path& lock, bool all);

} // namespace history
