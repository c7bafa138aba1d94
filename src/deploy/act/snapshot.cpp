// SPDX-License-Identifier: MIT
#include "deploy/act/snapshot.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/decide/standing.hpp"
#include "deploy/running.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/tell/telling.hpp"
#include "deploy/units/may_listen.hpp"
#include "deploy/units/program_env.hpp"
#include "deploy/units/unit_settings.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "site/release/import.hpp"
#include "site/release/site_dir.hpp"
#include "site/release/tree_look.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_index_limit_bytes = 256U << 20U;
constexpr auto k_index = "index";
constexpr auto k_reserve = "reserve";

/// Reserves disk space for a roll back to the release in `directory` on a full disk: what a copy of it takes, whose
/// files are links. Its index is written already.
void reserve(const fs::path& directory, const site::TreeIndex& index) {
    constexpr std::uint64_t k_block_bytes = 4096;
    constexpr std::uint64_t k_small_files_bytes = 128UL << 10U; // records, environment, links
    const auto directories =
        static_cast<std::uint64_t>(std::count_if(index.begin(), index.end(), [](const auto& entry) {
            return entry.second.type != site::TreeEntry::Type::file;
        }));
    const auto index_bytes = fs::file_size(directory / k_index);
    const auto path = directory / k_reserve;
    const Fd fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    const auto bytes = k_small_files_bytes + 2 * index_bytes + directories * k_block_bytes;
    const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
    if (error == ENOSPC || error == EDQUOT)
        throw errno_error(fmt::format("reserving {} in {}", size_text(bytes), quote(path.native())), error);
}

/// A release in the making, releases/N.partial; removed unless it is sealed.
class Partial {
  public:
    Partial(const site::Store& store, int release)
        : store_{store}, release_{release}, path_{store.release_path(release).native() + ".partial"} {
        remove_tree(path_);
        if (::mkdir(path_.c_str(), 0700) < 0) throw errno_error(fmt::format("creating {}", quote(path_.native())));
    }
    ~Partial() {
        std::error_code error; // the next deploy removes the rest
        if (!sealed_) fs::remove_all(path_, error);
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    [[nodiscard]] int release() const { return release_; }
    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] fs::path tree() const { return path_ / "tree"; }
    void clear_tree() { remove_tree(tree()); }

    void write_index(const site::TreeIndex& index) { write_file_atomically(path_ / k_index, site::to_text(index)); }

    /// Writes the other files beside the tree, and gives the release its number, durably.
    void seal(const site::Manifest& manifest) {
        write_file_atomically(path_ / "env", program_env(store_.site(), manifest));
        store_.seal(manifest);
        sealed_ = true;
    }

  private:
    const site::Store& store_;
    int release_;
    fs::path path_;
    bool sealed_ = false;
};

/// The program's digest. Also makes the target executable when BinName is a symlink to it.
std::string check_imported_program(const fs::path& tree, const site::Imported& imported, const site::WatchConf& conf) {
    site::check_program(tree, conf.bin_name);
    const auto file = fs::canonical(tree / conf.bin_name); // in the snapshot, which nobody else can change
    const auto found = imported.index.find(file.lexically_relative(fs::canonical(tree)).native());
    if (found == imported.index.end() || ::chmod(file.c_str(), 0755) < 0)
        throw errno_error(fmt::format("making {} executable", quote(conf.bin_name)));
    const auto& digest = found->second.content;
    if (conf.sha256 && *conf.sha256 != digest)
        throw Error{fmt::format("checking {}: found the digest {}, expected {} (Sha256)", quote(conf.bin_name), digest,
                                *conf.sha256),
                    error_kind::rejected};
    return digest;
}

site::Manifest manifest_of(int release, const site::WatchConf& conf, const site::Imported& imported,
                           std::string digest) {
    site::Manifest manifest;
    manifest.release = release;
    manifest.conf = conf;
    manifest.program_sha256 = std::move(digest);
    manifest.tree_sha256 = site::tree_digest(imported.index);
    manifest.files = imported.files;
    manifest.bytes = imported.bytes;
    manifest.created = std::chrono::system_clock::now();
    return manifest;
}

std::string read_text(const SiteContext& context, const site::WatchConf& conf) {
    return fmt::format("{}: Ver {}, HttpPort {}, BinName {}, DelaySecond {:g}", context.record.conf_name,
                       printable(conf.ver), addresses_text(conf.all_addresses()), printable(conf.bin_name),
                       conf.delay.count());
}

std::string import_text(const site::Imported& imported, int release) {
    return fmt::format("release {}: {} files, {}, of which {} copied", release, imported.files,
                       size_text(imported.bytes), size_text(imported.copied_bytes));
}

/// Tells how much of the directory's content has been imported.
std::function<void(std::uint64_t)> import_progress(SiteContext& context, const site::ImportRequest& request) {
    std::uint64_t all = 0;
    const auto add = [&](const site::TreeEntryAt& entry) {
        if (S_ISREG(entry.status.st_mode)) all += static_cast<std::uint64_t>(entry.status.st_size);
    };
    try {
        (void)site::newest_change(request.source, request.exclude, request.limits, add);
    } catch (const Error&) { // the import reports it
    }
    return [&context, all](std::uint64_t bytes) {
        const auto share = all > 0 ? static_cast<double>(bytes) / static_cast<double>(all) : 1.0;
        context.story.progress(Step::import, fmt::format("{} of {}", size_text(bytes), size_text(all)), share);
    };
}

/// Whether it equals the live one. A person who changes a setting of the release's unit expects a reload to apply it.
bool is_same_as_live(SiteContext& context, const site::Manifest& made) {
    const auto live = context.store.live();
    if (!live) return false;
    const auto before = context.store.manifest(*live);
    if (before.tree_sha256 == made.tree_sha256 && !is_same(before, made))
        context.story.say(
            Event::warning, sd::Priority::notice,
            fmt::format("the settings of {}@.service have changed since release {} was started: deploying "
                        "the same content with them",
                        context.name(), before.release));
    return is_same(before, made);
}

} // namespace

site::TreeIndex index_of(const site::Store& store, int release) {
    return site::index_from_text(read_file(store.release_path(release) / k_index, k_index_limit_bytes).value_or(""));
}

Taken take_snapshot(SiteContext& context, const Wish& wish, Stopwatch& stopwatch) {
    const auto& store = context.store;
    const auto name = (context.record.directory / context.record.conf_name).native();
    const auto file = site::read_watch_conf(context.record.directory, context.record.conf_name);
    const auto parsed = site::parse_watch_conf(file.text, name);
    require_may_listen(context.paths, context.name(), context.record, parsed.conf.all_addresses());
    require_apart_from_live(store, parsed.conf);
    site::check_program(context.record.directory, parsed.conf.bin_name);
    const auto read_took = stopwatch.lap();

    const auto numbers = store.releases();
    Partial partial{store, store.next_release()};
    site::ImportRequest request{context.record.directory,
                                partial.tree(),
                                parsed.conf.bin_name,
                                {},
                                {},
                                site::Excludes{parsed.conf.exclude, context.record.conf_name}};
    if (!numbers.empty())
        request.previous = site::PreviousSnapshot{store.tree_path(numbers.back()), index_of(store, numbers.back())};
    if (context.story.is_watched()) request.progress = import_progress(context, request);
    const auto imported = site::import_tree(request);
    // The copy counts: if watch.conf changed since it was read, this is not what was asked for.
    if (site::read_watch_conf(partial.tree(), context.record.conf_name).text != file.text)
        throw site::Unsettled{context.record.conf_name};

    auto digest = check_imported_program(partial.tree(), imported, parsed.conf);
    auto manifest = manifest_of(partial.release(), parsed.conf, imported, std::move(digest));
    manifest.warnings = parsed.warnings;
    manifest.settings_sha256 =
        settings_digest(context.paths, context.name(), context.record, manifest.conf.all_addresses());
    if (!wish.anew) {
        if (is_same_as_live(context, manifest)) return {Taken::What::unchanged, store.manifest(*store.live())};
        if (auto before = refused_before(all_manifests(context), manifest, wish.outweighs))
            return {Taken::What::refused, std::move(*before)};
    }
    partial.write_index(imported.index);
    reserve(partial.path(), imported.index);
    partial.seal(manifest);

    context.story.about(manifest.release);
    tell_step(context, manifest, Step::read, read_took, read_text(context, manifest.conf));
    for (const auto& warning : parsed.warnings)
        context.story.say(Event::warning, sd::Priority::warning, warning);
    for (const auto& warning : imported.warnings)
        context.story.say(Event::warning, sd::Priority::warning, warning);
    tell_step(context, manifest, Step::import, stopwatch.lap(), import_text(imported, manifest.release));
    return {Taken::What::made, std::move(manifest)};
}

bool give_up_reserve(const site::Store& store, int release) {
    std::error_code error; // an older baton's release has none
    return fs::remove(store.release_path(release) / k_reserve, error);
}

site::Manifest copy_release(SiteContext& context, const site::Manifest& of) {
    Stopwatch stopwatch;
    const auto& store = context.store;
    (void)give_up_reserve(store, of.release);
    Partial partial{store, store.next_release()};
    const auto index = index_of(store, of.release);
    site::clone_tree(store.tree_path(of.release), partial.tree(), index);
    auto manifest = of;
    manifest.release = partial.release();
    manifest.copy_of = of.release;
    manifest.settings_sha256 =
        settings_digest(context.paths, context.name(), context.record, manifest.conf.all_addresses());
    manifest.created = std::chrono::system_clock::now();
    manifest.outcome = site::Outcome::pending;
    manifest.failed_step.clear();
    manifest.set_reason("");
    manifest.live_since.reset();
    manifest.live_until.reset();
    manifest.step_ms.clear();
    partial.write_index(index);
    partial.seal(manifest);
    try { // try again, if there is room
        reserve(store.release_path(manifest.release), index);
    } catch (const Error&) {
    }
    context.story.about(manifest.release);
    tell_step(context, manifest, Step::read, {}, "going back to " + release_text(of));
    tell_step(context, manifest, Step::import, stopwatch.lap(),
              fmt::format("release {}: the {} files of release {}", manifest.release, manifest.files, of.release));
    return manifest;
}

} // namespace baton::deploy
