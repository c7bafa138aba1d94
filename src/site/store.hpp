// SPDX-License-Identifier: MIT
// The state of one site on disk: its record, its releases and which one is live. Every write is old or new after a
// crash.
//   ROOT/SITE/site.json                 where the site's directory is
//   ROOT/SITE/lock                      held during a deploy
//   ROOT/SITE/live -> releases/N        the release that new connections belong to
//   ROOT/SITE/releases/N/tree/          the snapshot, read-only; the release sees it at the site's own path
//   ROOT/SITE/releases/N/{manifest.json,index,env}
//   ROOT/SITE/releases/N.partial/       an import that has not ended
//   ROOT/SITE/history/N.json            the manifest of a release whose snapshot was deleted
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
    [[nodiscard]] std::filesystem::path live_path() const { return directory_ / "live"; }
    [[nodiscard]] std::filesystem::path release_path(int release) const;
    [[nodiscard]] std::filesystem::path tree_path(int release) const { return release_path(release) / "tree"; }

    /// None when the site is not registered. Throws Error when its record cannot be read.
    [[nodiscard]] std::optional<SiteRecord> record() const;
    /// Creates the site's directories and writes the record. Snapshots are below a directory of mode 0700, so that no
    /// other user reads a secret in one; the live link may be read by all.
    void write_record(const SiteRecord& record) const;
    /// Removes everything.
    void remove() const;

    /// The numbers of the releases, ascending.
    [[nodiscard]] std::vector<int> releases() const;
    /// One more than any release there is.
    [[nodiscard]] int next_release() const;
    [[nodiscard]] Manifest manifest(int release) const;
    void write_manifest(const Manifest& manifest) const;
    /// Deletes the snapshot; the manifest stays, as one of pruned(), until a thousand newer ones do.
    void remove_release(int release) const;
    /// Manifests of releases whose snapshots were deleted, ascending; unreadable ones are left out.
    [[nodiscard]] std::vector<Manifest> pruned() const;
    /// Removes what killed imports left.
    void remove_partial() const;

    [[nodiscard]] std::optional<int> live() const;
    void set_live(int release) const;
    /// For undoing a first deploy: afterwards no release is live.
    void clear_live() const;

  private:
    [[nodiscard]] std::filesystem::path history_path(int release) const;
    void remember(int release) const;

    std::string site_;
    std::filesystem::path directory_;
};

} // namespace baton::site
