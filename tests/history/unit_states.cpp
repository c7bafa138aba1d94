// SPDX-License-Identifier: MIT
#include "unit_states.hpp"

#include <fmt/format.h>

namespace history {

using namespace std::chrono_literals;

UnitStates::UnitStates(std::string prefix)
    : prefix_{std::move(prefix)}, manager_{baton::sd::Scope::system}, thread_{[this] { ask(40ms); }} {}

UnitStates::~UnitStates() {
    {
        const std::lock_guard lock{one_};
        ends_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

/// "baton-pursue@SITE.timer" is one of SITE's as well.
std::string UnitStates::site_of(const std::string& unit) const {
    const auto at = unit.starts_with("baton-") ? unit.find('@') + 1 : 0;
    return unit.substr(at, unit.find_first_of("@.", at) - at);
}

void UnitStates::ask(std::chrono::milliseconds pause) {
    std::unique_lock lock{one_};
    while (!ends_) {
        const auto number = ++asked_;
        lock.unlock();
        std::map<std::string, Units> units;
        for (auto& unit : manager_.list({fmt::format("{}*", prefix_), fmt::format("baton-*@{}*", prefix_)}))
            units[site_of(unit.name)].push_back(std::move(unit));
        manager_.wait_for_change({}, 0ms); // signals that nobody takes fill its queue
        lock.lock();
        units_ = std::move(units);
        told_ = number;
        changed_.notify_all();
        changed_.wait_for(lock, pause, [this] { return ends_; });
    }
}

Units UnitStates::of(const std::string& site) {
    std::unique_lock lock{one_};
    const auto next = asked_ + 1;
    changed_.wait(lock, [&] { return told_ >= next || ends_; });
    return units_[site];
}

} // namespace history
