// SPDX-License-Identifier: MIT
// Marks what the shared library offers; all else in it is hidden.
#pragma once

#define BATON_EXPORT __attribute__((visibility("default")))
