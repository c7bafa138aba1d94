// SPDX-License-Identifier: MIT
// The test program's main(), doctest's own, and a listener that knows whether the current test has failed.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#define DOCTEST_CONFIG_IMPLEMENT // a precompiled header may have read doctest before
#include "scratch.hpp"

#include <doctest/doctest.h>

namespace baton::test {
namespace {

bool failed = false;
bool failure_is_expected = false;

struct FailureListener final : doctest::IReporter {
    explicit FailureListener(const doctest::ContextOptions& /*unused*/) {}
    void report_query(const doctest::QueryData& /*unused*/) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats& /*unused*/) override {}
    void test_case_start(const doctest::TestCaseData& data) override {
        failed = false;
        failure_is_expected = data.m_should_fail;
    }
    void test_case_reenter(const doctest::TestCaseData& /*unused*/) override {}
    void test_case_end(const doctest::CurrentTestCaseStats& /*unused*/) override {}
    void test_case_exception(const doctest::TestCaseException& /*unused*/) override { failed = true; }
    void subcase_start(const doctest::SubcaseSignature& /*unused*/) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData& data) override { failed = failed || data.m_failed; }
    void log_message(const doctest::MessageData& data) override { failed = failed || data.m_severity != 0; }
    void test_case_skipped(const doctest::TestCaseData& /*unused*/) override {}
};

REGISTER_LISTENER("failure", 1, FailureListener);

} // namespace

bool test_has_failed() noexcept {
    return failed && !failure_is_expected;
}

} // namespace baton::test
