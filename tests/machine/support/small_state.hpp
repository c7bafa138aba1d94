// SPDX-License-Identifier: MIT
// A disk that can be filled: the state of all sites on a separate file system.
#pragma once

#include "support/command.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

namespace machine {

/// While it exists, /var/lib/baton is a file system of `size`, such as "16M". What was there before is out of sight.
class SmallState {
  public:
    explicit SmallState(const std::string& size) {
        std::filesystem::create_directories("/var/lib/baton");
        REQUIRE(run({"mount", "-t", "tmpfs", "-o", "mode=0755,size=" + size, "tmpfs", "/var/lib/baton"}).status == 0);
    }
    ~SmallState() { (void)run({"umount", "/var/lib/baton"}); }
    SmallState(const SmallState&) = delete;
    SmallState& operator=(const SmallState&) = delete;

    /// To the last block; by the file "filler", and for what is less than its blocks, "filler2".
    void fill() const {
        (void)shell("dd if=/dev/zero of=/var/lib/baton/filler bs=64k 2>&1; "
                    "dd if=/dev/zero of=/var/lib/baton/filler2 bs=1k 2>&1");
    }
};

} // namespace machine
