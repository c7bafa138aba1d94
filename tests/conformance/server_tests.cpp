// SPDX-License-Identifier: MIT
// The runner of httplib's own test.cc: reports for each test that made a Server whether it passed.
#include "tested_server.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace {

class Teller : public testing::EmptyTestEventListener {
    void OnTestStart(const testing::TestInfo&) override { conformance::server_was_made = false; }
    void OnTestEnd(const testing::TestInfo& info) override {
        if (conformance::server_was_made) std::puts(info.result()->Passed() ? "SERVER PASSED" : "SERVER FAILED");
    }
};

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest::GetInstance()->listeners().Append(new Teller);
    return RUN_ALL_TESTS();
}
