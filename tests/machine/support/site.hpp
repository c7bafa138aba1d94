// SPDX-License-Identifier: MIT
// One test's own site: directory, name and port. Everything of it is removed afterwards.
#pragma once

#include "support/command.hpp"
#include "support/http.hpp"
#include "support/journal.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

/// A port that nothing in the machine has used.
std::string free_port();

/// A release as `baton status` tells it.
struct ReleaseRow {
    int release = 0;
    std::string ver;
    std::string state;
    bool runs = false;
};

class Site {
  public:
    /// Makes the directory /srv/NAME, with nothing in it.
    explicit Site(const std::string& name);
    /// Takes over what an earlier boot has left with forget().
    enum class Made { now, before };
    Site(const std::string& name, const std::string& port, Made made);
    /// Unregisters the site and removes its directory.
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    [[nodiscard]] std::filesystem::path conf_path() const { return directory_ / "watch.conf"; }
    [[nodiscard]] std::string unit(int release) const;
    [[nodiscard]] std::filesystem::path state() const { return std::filesystem::path{"/var/lib/baton"} / name_; }

    /// watch.conf with this Ver; `more` is further members: ", \"HealthPath\": \"/healthz\"".
    [[nodiscard]] std::string conf(std::string_view ver, std::string_view more = "") const;
    /// Writes watch.conf in place.
    void edit(std::string_view ver, std::string_view more = "") const;
    void write_conf(std::string_view text) const;
    /// Copies a program over the site's own, "test", as cp does.
    void upload(const std::filesystem::path& program, const std::string& as = "test") const;
    /// Settings for the releases' unit, as by `systemctl edit NAME@`: "[Service]\n...".
    void set_unit(const std::string& settings) const;

    Finished add() const;
    /// Stops the watch: from now on only the test deploys.
    void unwatch() const;
    Finished deploy() const;
    /// systemctl reload
    Finished reload() const;

    [[nodiscard]] std::string show(const std::string& unit, const std::string& property) const;
    /// A value of `baton status --json`, by JSON pointer in its entry: "/live", "/releases/0/state".
    [[nodiscard]] std::string status(const std::string& pointer) const;
    /// Newest first.
    [[nodiscard]] std::vector<ReleaseRow> releases() const;
    [[nodiscard]] int live() const;
    void wait_for_version(const std::string& ver) const;
    /// The destructor leaves everything as it is.
    void forget() { forgotten_ = true; }

    std::string http_port; ///< what conf() says; changes nothing by itself

  private:
    std::string name_;
    std::string address_;
    std::filesystem::path directory_;
    bool forgotten_ = false;
};

/// Nothing is left of what a registration makes.
void check_nothing_left_of(const Site& site);

/// Meanwhile the host looks at no site by itself; one look that is under way has ended.
class NoLooks {
  public:
    NoLooks();
    ~NoLooks();
    NoLooks(const NoLooks&) = delete;
    NoLooks& operator=(const NoLooks&) = delete;
};

/// What arrives within two seconds after a deploy is the rest of its upload, which another process deploys.
void let_upload_end();

/// A registered site with tests/programs/shop live as Ver "1".
class ServingSite : public Site {
  public:
    explicit ServingSite(const std::string& name, std::string_view more = "");
};

} // namespace machine
