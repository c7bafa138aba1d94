// SPDX-License-Identifier: MIT
// baton's messages in the journal: one id for each kind, the same as in systemd/baton.catalog (a test compares them).
#pragma once

#include <array>
#include <string_view>

namespace baton::deploy {

enum class Event {
    deploy_step,
    release_live,
    release_rejected,
    conf_refused,
    nothing_changed,
    rolled_back,
    roll_back_failed,
    site_added,
    site_removed,
    activated,
    recovered,
    warning,
    put_off,
};

/// MESSAGE_ID= of each kind, 32 hex digits; `journalctl MESSAGE_ID=...` finds all messages of a kind.
inline constexpr std::array<std::string_view, 13> k_message_ids{
    "884c220aef2e4d19a4af2492970b0c6a", "2f2578661b7d4c979159deba43f8c048", "873fbe255c0945b5a3d87d7b92615f76",
    "cb4208d1fe054b68abcfd227e8c08b7e", "5c3a9fa5d67044a4bc9527c593adc591", "cbf71c720e5342af9a1a3d8e2dd169f7",
    "d613ae55d8d6416ca9fd337cec4a4bc6", "53ff04d171fa45829bf6caf10e63b3ad", "a781a3b9e32e4292abb9c68eae6ff2c4",
    "37bcf60c157f4936a83bb4c2ea8bb03b", "b8b7c953a09241eea8d39a8cd3f8ad58", "519d685f00314c8cb9ea5f4a43cb354f",
    "3f6f0a6d3c0b4c54b6cf1c52a0d3b1e7",
};

[[nodiscard]] constexpr std::string_view message_id(Event event) noexcept {
    return k_message_ids[static_cast<std::size_t>(event)];
}

} // namespace baton::deploy
