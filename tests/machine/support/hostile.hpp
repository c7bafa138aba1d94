// SPDX-License-Identifier: MIT
// A hostile uploader, and what must hold whatever he does: refusals in safe words, and a release that still serves.
#pragma once

#include "support/site.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

inline constexpr auto k_uploader = "nobody";
inline constexpr auto k_another = "daemon"; ///< a user of the host who has nothing to do with the site
inline constexpr auto k_secret = "root's secret";
inline constexpr int k_rejected = 3;
inline constexpr int k_config = 78; // EX_CONFIG, sysexits.h(3head)

/// What that user does, in sh, in `directory`.
Finished as_user(const std::string& user, const std::string& command, const std::filesystem::path& directory = "/");

/// A site that belongs to an unprivileged user and whose edits nobody sees: each test asks for its deploys itself.
struct UploadersSite : ServingSite {
    explicit UploadersSite(const std::string& name);
    /// What the uploader does in the site's directory; it must succeed.
    void by_uploader(const std::string& command) const;
    /// Uploads a script as the program, and tests/programs/shop beside it as "shop".
    void upload_script(std::string_view text) const;
};

/// A file of root's beside the sites, on the same file system.
struct Secret {
    std::filesystem::path path{"/srv/secret-of-root"};
    Secret();
    ~Secret();
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
};

void contains(const std::string& text, const std::string& part);
void contains_not(const std::string& text, const std::string& part);
/// Anything a terminal may obey; a line's end is none.
bool has_control(std::string_view text);
bool state_has_secret(const Site& site);

/// Refused with these words, on every way out; what served before serves on; nothing half made stays.
void check_refused(const Site& site, int status, const std::vector<std::string>& parts);
void check_next_good_one_works(const Site& site, const std::string& ver);

} // namespace machine
