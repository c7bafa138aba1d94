// SPDX-License-Identifier: MIT
#include "support/traffic.hpp"

#include "load/modes.hpp"
#include "load/report_text.hpp"

#include <doctest/doctest.h>

namespace machine {
namespace {

using namespace std::chrono_literals;

baton::load::Config config(const std::string& address, const std::vector<std::string>& modes) {
    baton::load::Config config;
    config.target = address;
    config.timeout = 20s;
    for (const auto& mode : modes)
        config.modes.push_back(baton::load::parse_mode(mode));
    return config;
}

} // namespace

const std::vector<std::string>& everyday_traffic() {
    static const std::vector<std::string> modes{"fresh=50", "idle=4:ms=40"};
    return modes;
}

const std::vector<std::string>& fresh_traffic() {
    static const std::vector<std::string> modes{"fresh=200"};
    return modes;
}

Traffic::Traffic(const std::string& address, const std::vector<std::string>& modes)
    : generator_{std::in_place, config(address, modes)} {
    generator_->start();
    REQUIRE_MESSAGE(generator_->wait_ready(20s), "no reply from " << address);
}

const baton::load::Result& Traffic::result() {
    if (generator_) {
        generator_->stop();
        result_ = generator_->wait();
        generator_.reset(); // a release that drains waits a minute for a client that keeps its connection
    }
    return result_;
}

void Traffic::check_none_failed() {
    CHECK_MESSAGE(result().ok(), baton::load::report_text(result_));
}

void Traffic::check_none_refused() {
    CHECK(result().all.answered > 0);
    CHECK_MESSAGE(result().all.failures[baton::load::Failure::refused] == 0, baton::load::report_text(result_));
}

} // namespace machine
