// SPDX-License-Identifier: MIT
// The state of one site on disk: its record, its releases and which one is live. Every write is old or new after a
// crash.
// Who it is that may read: everybody what became of each release, and root alone what was uploaded.
//   ROOT/SITE/site.json                 where the site's directory is
//   ROOT/SITE/lock                      held during a deploy
//   ROOT/SITE/live -> releases/N        the release that new connections belong to
//   ROOT/SITE/releases/N/tree/          the snapshot, read-only; the release sees it at the site's own path
//   ROOT/SITE/releases/N/{index,env}
//   ROOT/SITE/releases/N/reserve        room for going back to it when the disk is full
//   ROOT/SITE/releases/N/hold           while its deploy starts it
//   ROOT/SITE/releases/N/env.json       Env of watch.conf, which is in no record
//   ROOT/SITE/releases/N.partial/       an import that has not ended
//   ROOT/SITE/records/N.json            the manifest of each release, also when its snapshot was deleted; for everybody
//   ROOT/SITE/evidence/N                what its program printed before it failed; see evidence_file.hpp
// An older baton kept releases/N/manifest.json and history/N.json: they are read, and upgrade() turns them into
// records.
#pragma once

#include "site/manifest.hpp"
#include "site/tree_index.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::site {

struct SiteRecord {
    std::filesystem::path directory; ///< absolute, as root gave it: it may lead through symlinks
    std::string conf_name;           ///< "watch.conf" or "NAME.watch.conf"
    Address address;                 ///< what SITE.socket listens on: HttpPort when the site was registered
    std::vector<Address> listen{};   ///< what root named beside what any user may listen on
    bool operator==(const SiteRecord&) const = default;
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
    /// other user reads a secret in one; the record, the live link and the manifests may be read by all.
    void write_record(const SiteRecord& record) const;
    /// Makes records of what an older baton kept for root alone.
    void upgrade() const;
    /// Removes everything.
    void remove() const;

    /// The numbers of the releases that have snapshots, ascending; for who may not see those: as recorded.
    [[nodiscard]] std::vector<int> releases() const;
    /// One more than any release there is.
    [[nodiscard]] int next_release() const;
    /// With the evidence and Env, if the caller may read these.
    [[nodiscard]] Manifest manifest(int release) const;
    /// Makes releases/N of the finished releases/N.partial, durably.
    void seal(const Manifest& manifest) const;
    void write_manifest(const Manifest& manifest) const;
    /// Deletes the snapshot; the manifest stays, as one of pruned(), until a thousand newer ones do.
    void remove_release(int release) const;
    /// Manifests of releases whose snapshots were deleted, ascending; unreadable ones are left out.
    [[nodiscard]] std::vector<Manifest> pruned() const;
    /// Removes what killed imports left.
    void remove_partial() const;

    [[nodiscard]] std::optional<int> live() const;
    void set_live(int release) const;

  private:
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
        SourceStamp stamp; ///< of the record; what else belongs to a manifest is written before it
        Manifest manifest;
    };
    mutable std::map<int, Known> known_; ///< a deploy looks ten times at what seldom changes
};

} // namespace baton::site
