// SPDX-License-Identifier: MIT
// As common.hpp, for the tests.
#include "precompiled/common.hpp"

#include <doctest/doctest.h>
