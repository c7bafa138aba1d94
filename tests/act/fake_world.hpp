// SPDX-License-Identifier: MIT
// The world of the cases that need no systemd: a fake manager, and all places below a scratch directory.
#pragma once

#include "fake_manager.hpp"
#include "scratch.hpp"
#include "world.hpp"

namespace act {

class FakeWorld final : public World {
  public:
    FakeWorld();

    [[nodiscard]] const baton::deploy::Paths& paths() const override { return paths_; }
    [[nodiscard]] FakeManager& manager() override { return manager_; }
    [[nodiscard]] std::filesystem::path directory_of(const std::string& site) const override;
    [[nodiscard]] std::string free_port() override;
    [[nodiscard]] bool is_of(const std::string& unit, pid_t pid) const override;
    void mask(const std::string& unit) override { manager_.mask(unit); }
    void unmask(const std::string& unit) override { manager_.unmask(unit); }
    void forget(const std::string& site) override { (void)site; } // all goes with the world

  private:
    baton::test::Scratch scratch_;
    baton::deploy::Paths paths_;
    FakeManager manager_{paths_};
};

} // namespace act
