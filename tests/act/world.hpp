// SPDX-License-Identifier: MIT
// Where the cases run: a service manager, and the places of its sites. Each test program has one: the manager is a fake
// one, or that of a booted systemd. What a case expects must be true in both; where they disagree, the fake is wrong.
#pragma once

#include "deploy/units/paths.hpp"
#include "sd/units.hpp"

#include <filesystem>
#include <memory>
#include <string>

#include <sys/types.h>

namespace act {

class World {
  public:
    World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    virtual ~World() = default;

    [[nodiscard]] virtual const baton::deploy::Paths& paths() const = 0;
    [[nodiscard]] virtual baton::sd::Units& manager() = 0;
    /// Where the site's owner may put its directory.
    [[nodiscard]] virtual std::filesystem::path directory_of(const std::string& site) const = 0;
    /// A port that nobody has used.
    [[nodiscard]] virtual std::string free_port() = 0;
    /// Whether the process is one of the unit's.
    [[nodiscard]] virtual bool is_of(const std::string& unit, pid_t pid) const = 0;
    /// `systemctl mask`, and unmask.
    virtual void mask(const std::string& unit) = 0;
    virtual void unmask(const std::string& unit) = 0;
    /// Ends what runs of the site, and removes what the manager has of it. The site's lock is free.
    virtual void forget(const std::string& site) = 0;
};

/// The one of this program.
[[nodiscard]] std::unique_ptr<World> make_world();

} // namespace act
