// SPDX-License-Identifier: MIT
// The state of one site on disk: its record, its releases and which one is live. After a crash, every file is old or
// new.
// Everybody may read the outcome of each release; only root may read the uploads.
//   ROOT/SITE/site.json                 where the site's directory is
//   ROOT/SITE/lock                      held during a deploy
//   ROOT/SITE/live -> releases/N        the release that new connections belong to
//   ROOT/SITE/releases/N/tree/          the snapshot, read-only; the release sees it at the site's own path
//   ROOT/SITE/releases/N/{index,env}
// ROOT/SITE/releases/N/reserve        disk space for a roll back to it when the disk is full
// ROOT/SITE/releases/N/hold           exists while its deploy starts it
// ROOT/SITE/releases/N/env.json       Env of watch.conf, which no record contains
//   ROOT/SITE/releases/N.partial/       an import that has not ended
//   ROOT/SITE/records/N.json            the manifest of each release, also when its snapshot was deleted; for everybody
// ROOT/SITE/evidence/N                its program's output before it failed; see evidence_file.hpp
// An older baton kept releases/N/manifest.json and history/N.json: these are still read, and upgrade() turns them into
// records.
#pragma once

#include "site/release/manifest.hpp"
#include "site/release/tree_index.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

struct SiteRecord {
    std::filesystem::path directory; ///< absolute, as root gave it; may lead through symlinks
    std::string conf_name;           ///< "watch.conf" or "NAME.watch.conf"
    Address address;                 ///< the address of SITE.socket: HttpPort at registration
    std::vector<Address> listen{};   ///< addresses that root named in addition to those that any user may bind
    /// On demand: a release leaves after this time without a connection, and the next connection starts it.
    std::optional<std::chrono::seconds> idle_exit{};
    bool operator==(const SiteRecord&) const = default;
};

class Store {
  public:
    Store(const std::filesystem::path& root, std::string site);

    /// The sites under `root`, sorted.
    [[nodiscard]] static std::vector<std::string> sites(const std::filesystem::path& root);
    [[nodiscard]] static std::vector<Store> all(const std::filesystem::path& root);

    [[nodiscard]] const std::string& site() const noexcept { return site_; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] std::filesystem::path lock_path() const { return directory_ / "lock"; }
    [[nodiscard]] std::filesystem::path live_path() const { return directory_ / "live"; }
    [[nodiscard]] std::filesystem::path release_path(int release) const;
    [[nodiscard]] std::filesystem::path tree_path(int release) const { return release_path(release) / "tree"; }
    [[nodiscard]] std::filesystem::path program_path(const Manifest& release) const {
        return tree_path(release.release) / release.conf.bin_name;
    }

    /// None if the site is not registered. Throws Error if its record cannot be read.
    [[nodiscard]] std::optional<SiteRecord> record() const;
    /// Creates the site's directories and writes the record. Snapshots are below a directory of mode 0700, so no other
    /// user can read a secret in one; everybody may read the record, the live link and the manifests.
    void write_record(const SiteRecord& record) const;
    /// Makes records from data that an older baton kept for root alone.
    void upgrade() const;
    /// Whether anything of the site is on disk, registered or not.
    [[nodiscard]] bool exists() const;
    /// Removes everything.
    void remove() const;

    /// The numbers of the releases that have snapshots, ascending; for callers who may not see those, as recorded.
    [[nodiscard]] std::vector<int> releases() const;
    /// One more than the highest release number.
    [[nodiscard]] int next_release() const;
    /// Includes the evidence and Env, if the caller may read these.
    [[nodiscard]] Manifest manifest(int release) const;
    /// Without the evidence and Env, which are in files of their own.
    [[nodiscard]] Manifest brief_manifest(int release) const;
    /// Turns the finished releases/N.partial into releases/N, durably.
    void seal(const Manifest& manifest) const;
    void write_manifest(const Manifest& manifest) const;
    /// Deletes the snapshot. The manifest stays in pruned() until there are a thousand newer ones.
    void remove_release(int release) const;
    /// The manifests of releases whose snapshots were deleted, ascending, without unreadable ones.
    [[nodiscard]] std::vector<Manifest> pruned() const;
    /// Removes the leftovers of killed imports.
    void remove_partial() const;

    [[nodiscard]] std::optional<int> live() const;
    void set_live(int release) const;

  private:
    struct Real {
        std::filesystem::path root; ///< without symlinks
    };
    Store(const Real& real, std::string site) : site_{std::move(site)}, directory_{real.root / site_} {}
    [[nodiscard]] static Real real(const std::filesystem::path& root);

    [[nodiscard]] std::filesystem::path removed_path() const;
    [[nodiscard]] std::filesystem::path partial_path(int release) const;
    [[nodiscard]] std::filesystem::path record_path(int release) const;
    [[nodiscard]] std::filesystem::path evidence_path(int release) const;
    [[nodiscard]] bool has_release(int release) const;
    [[nodiscard]] std::optional<std::string> manifest_text(int release) const;
    [[nodiscard]] Manifest read_manifest(int release) const;
    void read_env_of(Manifest& manifest) const;
    void write_env_of(const Manifest& manifest) const;
    void write_evidence_of(const Manifest& manifest) const;
    void forget(int release) const;
    void forget_unsealed(int release) const;
    void forget_oldest() const;

    std::string site_;
    std::filesystem::path directory_;
    struct Known {
        SourceStamp stamp; ///< stamp of the record; the other parts of a manifest are written before it
        Manifest manifest;
    };
    mutable std::map<int, Known> known_; ///< a deploy reads data ten times that seldom changes
};

} // namespace baton::site
