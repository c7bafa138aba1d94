// SPDX-License-Identifier: MIT
// The test program's main(), doctest's own.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#define DOCTEST_CONFIG_IMPLEMENT // a precompiled header may have read doctest before
#include <doctest/doctest.h>
