// SPDX-License-Identifier: MIT
// Short forms for tests that run the generator against a RawServer.
#pragma once

#include "load/generator.hpp"
#include "load/modes.hpp"
#include "raw_server.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace baton::load::test {

/// `requests` requests of `mode` to `target`, bounded in time.
inline Config config_for(const std::string& target, std::string_view mode, std::uint64_t requests) {
    Config config;
    config.target = target;
    config.modes = {parse_mode(mode)};
    config.requests = requests;
    config.timeout = std::chrono::seconds{10}; // a test that hangs fails by this
    return config;
}

inline Result run(const Config& config) {
    return Generator{config}.run();
}

inline Result run(const RawServer& server, std::string_view mode, std::uint64_t requests) {
    return run(config_for(server.target(), mode, requests));
}

/// True when `count` requests failed as `failure`, and none in any other way.
inline bool only(const Result& result, Failure failure, std::uint64_t count) {
    return result.all.failures[failure] == count && result.all.failed() == count;
}

} // namespace baton::load::test
