// SPDX-License-Identifier: MIT
// The state of one site on disk: its record, its releases and which one is live. Every write is old or new after a
// crash.
//   ROOT/SITE/site.json                 where the site's directory is
//   ROOT/SITE/lock                      held during a deploy
//   ROOT/SITE/live -> releases/N        the release that new connections belong to
//   ROOT/SITE/releases/N/tree/          the snapshot, read-only; the release sees it at the site's own path
//   ROOT/SITE/releases/N/{manifest.json,index,env}
//   ROOT/SITE/releases/N.partial/       an import that has not ended
#pragma once

#include "site/manifest.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

struct SiteRecord {
    std::filesystem::path directory; ///< absolute, no symlinks
    std::string conf_name;           ///< "watch.conf" or "NAME.watch.conf"
    Address address;                 ///< what SITE.socket listens on: HttpPort when the site was registered
};

class Store {
  public:
    Store(const std::filesystem::path& root, std::string site);

    /// The sites under `root`, sorted.
    [[nodiscard]] static std::vector<std::string> sites(const std::filesystem::path& root);

    [[nodiscard]] const std::string& site() const noexcept { return site_; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] std::filesystem::path lock_path() const { return directory_ / "lock"; }
    [[nodiscard]] std::filesystem::path release_path(int release) const;
    [[nodiscard]] std::filesystem::path tree_path(int release) const { return release_path(release) / "tree"; }

    /// None when the site is not registered. Throws Error when its record cannot be read.
    [[nodiscard]] std::optional<SiteRecord> record() const;
    /// Creates the site's directories, 0700 so that no other user reads a secret in a snapshot, and writes the record.
    void write_record(const SiteRecord& record) const;
    /// Removes everything.
    void remove() const;

    /// The numbers of the releases, ascending.
    [[nodiscard]] std::vector<int> releases() const;
    /// One more than any release there is.
    [[nodiscard]] int next_release() const;
    [[nodiscard]] Manifest manifest(int release) const;
    void write_manifest(const Manifest& manifest) const;
    void remove_release(int release) const;
    /// Removes what killed imports left.
    void remove_partial() const;

    [[nodiscard]] std::optional<int> live() const;
    void set_live(int release) const;
    /// For undoing a first deploy: afterwards no release is live.
    void clear_live() const;

  private:
    std::string site_;
    std::filesystem::path directory_;
};

} // namespace baton::site
