// SPDX-License-Identifier: MIT
// The units of all sites that histories run on. One query covers them all, again and again: PID 1 is one process, and
// the sites are many.
#pragma once

#include "sd/manager.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace history {

/// The units of a site, its own and baton's for it, as they were at one moment.
using Units = std::vector<baton::sd::UnitListing>;

class UnitStates {
  public:
    using Clock = std::chrono::steady_clock;

    /// Of sites whose names begin with `prefix`.
    explicit UnitStates(std::string prefix);
    ~UnitStates();
    UnitStates(const UnitStates&) = delete;
    UnitStates& operator=(const UnitStates&) = delete;

    /// As they are at a moment after this call, and those they are.
    [[nodiscard]] Units of(const std::string& site);

  private:
    void ask(std::chrono::milliseconds pause);
    [[nodiscard]] std::string site_of(const std::string& unit) const;

    std::string prefix_;
    baton::sd::Manager manager_;
    std::mutex one_;
    std::condition_variable changed_;
    std::map<std::string, Units> units_; ///< by site
    std::uint64_t asked_ = 0;            ///< how often it was begun to ask ...
    std::uint64_t told_ = 0;             ///< ... and the last of which is answered
    bool ends_ = false;
    std::thread thread_;
};

} // namespace history
