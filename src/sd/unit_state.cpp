// SPDX-License-Identifier: MIT
#include "sd/unit_state.hpp"

#include <array>
#include <cctype>
#include <utility>

namespace baton::sd {
namespace {

constexpr std::array k_active_states{
    std::pair{std::string_view{"active"}, ActiveState::active},
    std::pair{std::string_view{"reloading"}, ActiveState::reloading},
    std::pair{std::string_view{"inactive"}, ActiveState::inactive},
    std::pair{std::string_view{"failed"}, ActiveState::failed},
    std::pair{std::string_view{"activating"}, ActiveState::activating},
    std::pair{std::string_view{"deactivating"}, ActiveState::deactivating},
    std::pair{std::string_view{"maintenance"}, ActiveState::maintenance},
    std::pair{std::string_view{"refreshing"}, ActiveState::refreshing},
};
constexpr std::array k_load_states{
    std::pair{std::string_view{"stub"}, LoadState::stub},
    std::pair{std::string_view{"loaded"}, LoadState::loaded},
    std::pair{std::string_view{"not-found"}, LoadState::not_found},
    std::pair{std::string_view{"bad-setting"}, LoadState::bad_setting},
    std::pair{std::string_view{"error"}, LoadState::error},
    std::pair{std::string_view{"merged"}, LoadState::merged},
    std::pair{std::string_view{"masked"}, LoadState::masked},
};
constexpr std::array k_results{
    std::pair{std::string_view{"success"}, ServiceResult::success},
    std::pair{std::string_view{"resources"}, ServiceResult::resources},
    std::pair{std::string_view{"protocol"}, ServiceResult::protocol},
    std::pair{std::string_view{"timeout"}, ServiceResult::timeout},
    std::pair{std::string_view{"exit-code"}, ServiceResult::exit_code},
    std::pair{std::string_view{"signal"}, ServiceResult::signal},
    std::pair{std::string_view{"core-dump"}, ServiceResult::core_dump},
    std::pair{std::string_view{"watchdog"}, ServiceResult::watchdog},
    std::pair{std::string_view{"exec-condition"}, ServiceResult::exec_condition},
    std::pair{std::string_view{"start-limit-hit"}, ServiceResult::start_limit_hit},
    std::pair{std::string_view{"oom-kill"}, ServiceResult::oom_kill},
};
constexpr std::array k_types{
    std::pair{std::string_view{"simple"}, ServiceType::simple},
    std::pair{std::string_view{"forking"}, ServiceType::forking},
    std::pair{std::string_view{"exec"}, ServiceType::exec},
    std::pair{std::string_view{"oneshot"}, ServiceType::oneshot},
    std::pair{std::string_view{"dbus"}, ServiceType::dbus},
    std::pair{std::string_view{"notify"}, ServiceType::notify},
    std::pair{std::string_view{"notify-reload"}, ServiceType::notify_reload},
    std::pair{std::string_view{"idle"}, ServiceType::idle},
};
constexpr std::array k_notify_access{
    std::pair{std::string_view{"none"}, NotifyAccess::none},
    std::pair{std::string_view{"main"}, NotifyAccess::main},
    std::pair{std::string_view{"exec"}, NotifyAccess::exec},
    std::pair{std::string_view{"all"}, NotifyAccess::all},
};

template <class Words>
constexpr auto parse(const Words& words, std::string_view word) noexcept {
    for (const auto& [known, value] : words)
        if (known == word) return value;
    return std::remove_cvref_t<decltype(words.front().second)>::unknown;
}

template <class Words, class Value>
constexpr std::string_view word_of(const Words& words, Value value) noexcept {
    for (const auto& [word, known] : words)
        if (known == value) return word;
    return "unknown";
}

} // namespace

ActiveState parse_active_state(std::string_view word) noexcept {
    return parse(k_active_states, word);
}
LoadState parse_load_state(std::string_view word) noexcept {
    return parse(k_load_states, word);
}
ServiceResult parse_service_result(std::string_view word) noexcept {
    return parse(k_results, word);
}
ServiceType parse_service_type(std::string_view word) noexcept {
    return parse(k_types, word);
}
NotifyAccess parse_notify_access(std::string_view word) noexcept {
    return parse(k_notify_access, word);
}

std::string unit_type(std::string_view unit) {
    std::string type{unit.substr(unit.rfind('.') + 1)};
    if (!type.empty()) type.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
    return type;
}

std::string_view text(ActiveState state) noexcept {
    return word_of(k_active_states, state);
}
std::string_view text(LoadState state) noexcept {
    return word_of(k_load_states, state);
}
std::string_view text(ServiceResult result) noexcept {
    return word_of(k_results, result);
}

} // namespace baton::sd
