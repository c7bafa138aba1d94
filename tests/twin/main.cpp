// SPDX-License-Identifier: MIT
// The runner of the twin test.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
