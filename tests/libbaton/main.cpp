// SPDX-License-Identifier: MIT
// The runner of the tests of libbaton, its protocols with systemd, and baton-hello.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
