// SPDX-License-Identifier: MIT
// As common.hpp, for baton's commands.
#include "precompiled/common.hpp"

#include <CLI/CLI.hpp>
