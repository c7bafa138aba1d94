// SPDX-License-Identifier: MIT
#include "deploy/snapshot.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "deploy/decisions.hpp"
#include "deploy/program_env.hpp"
#include "deploy/running.hpp"
#include "deploy/stopwatch.hpp"
#include "deploy/telling.hpp"
#include "site/import.hpp"
#include "site/site_dir.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <thread>

namespace baton::deploy {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

constexpr auto k_settle_limit = 60s;  // an upload that is still being written then is none that will end
constexpr auto k_settle_pause = 20ms; // between two looks at it
constexpr std::size_t k_index_limit_bytes = 256U << 20U;

/// A release in the making, releases/N.partial; removed again unless it was sealed.
class Partial {
  public:
    Partial(const site::Store& store, int release)
        : store_{store}, release_{release}, path_{store.release_path(release).native() + ".partial"} {
        remove_tree(path_);
        if (::mkdir(path_.c_str(), 0700) < 0) throw errno_error(fmt::format("creating {}", quote(path_.native())));
    }
    ~Partial() {
        std::error_code error; // the next deploy removes what is left
        if (!sealed_) fs::remove_all(path_, error);
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    [[nodiscard]] int release() const { return release_; }
    [[nodiscard]] fs::path tree() const { return path_ / "tree"; }
    void clear_tree() { remove_tree(tree()); }

    /// Writes what stands beside the tree and gives the release its number, durably.
    void seal(const site::Manifest& manifest, const site::TreeIndex& index, const site::SiteRecord& record) {
        write_file_atomically(path_ / "index", site::to_text(index));
        write_file_atomically(path_ / "env", program_env(store_.site(), manifest, record.directory));
        write_file_atomically(path_ / "manifest.json", site::to_json(manifest));
        if (::rename(path_.c_str(), store_.release_path(release_).c_str()) < 0)
            throw errno_error(fmt::format("renaming {}", quote(path_.native())));
        sealed_ = true;
        sync_directory(store_.release_path(release_).parent_path());
    }

  private:
    const site::Store& store_;
    int release_;
    fs::path path_;
    bool sealed_ = false;
};

site::TreeIndex index_of(const site::Store& store, int release) {
    return site::index_from_text(read_file(store.release_path(release) / "index", k_index_limit_bytes).value_or(""));
}

/// watch.conf once nothing has changed it for DelaySecond; an edit meanwhile starts the wait anew.
struct QuietConf {
    std::string text;
    site::ParsedWatchConf parsed;
};
QuietConf read_when_quiet(const SiteContext& context) {
    const auto name = (context.record.directory / context.record.conf_name).native();
    const auto deadline = std::chrono::steady_clock::now() + k_settle_limit;
    for (;;) {
        const auto file = site::read_watch_conf(context.record.directory, context.record.conf_name);
        if (file.being_written && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(k_settle_pause);
            continue;
        }
        auto parsed = site::parse_watch_conf(file.text, name);
        const auto delay = std::chrono::duration_cast<std::chrono::nanoseconds>(parsed.conf.delay);
        // A ctime in the future (the clock was set back) must not make the wait longer than DelaySecond.
        const auto now = std::chrono::system_clock::now();
        const auto quiet_at = std::min(file.changed, now) + delay;
        if (now >= quiet_at) return {file.text, std::move(parsed)};
        std::this_thread::sleep_for(quiet_at - now);
    }
}

/// Imports until nobody writes any more.
site::Imported import_settled(const site::ImportRequest& request, Partial& partial) {
    const auto deadline = std::chrono::steady_clock::now() + k_settle_limit;
    for (;;)
        try {
            partial.clear_tree();
            return site::import_tree(request);
        } catch (const site::Unsettled& unsettled) {
            if (std::chrono::steady_clock::now() >= deadline)
                throw Error{
                    fmt::format("importing {}: {} is still being written after {}", quote(request.source.native()),
                                quote(unsettled.path), duration_text(k_settle_limit)),
                    ErrorKind::rejected,
                    fmt::format("lsof {} shows who writes it", quote((request.source / unsettled.path).native()))};
            std::this_thread::sleep_for(k_settle_pause);
        }
}

/// The program's digest; also sees to it that it may be executed when BinName is a symlink to it.
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
                    ErrorKind::rejected};
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
                       printable(conf.ver), conf.address.text(), printable(conf.bin_name), conf.delay.count());
}

std::string import_text(const site::Imported& imported, int release) {
    return fmt::format("release {}: {} files, {}, of which {} copied", release, imported.files,
                       size_text(imported.bytes), size_text(imported.copied_bytes));
}

bool same_as_live(const SiteContext& context, const site::Manifest& manifest) {
    const auto live = context.store.live();
    return live && context.store.manifest(*live).tree_sha256 == manifest.tree_sha256;
}

void refuse_refused(SiteContext& context, const site::Manifest& manifest) {
    const auto before = refused_before(all_manifests(context), manifest.tree_sha256);
    if (!before) return;
    throw Error{fmt::format("release {} had this very content and was {}: {}", before->release,
                            site::outcome_text(before->outcome), before->reason.substr(0, before->reason.find('\n'))),
                ErrorKind::rejected, fmt::format("baton deploy --force {} tries it again", context.name())};
}

} // namespace

std::optional<site::Manifest> take_snapshot(SiteContext& context, Repeat repeat) {
    Stopwatch stopwatch;
    const auto& store = context.store;
    for (;;) {
        const auto conf = read_when_quiet(context);
        site::check_program(context.record.directory, conf.parsed.conf.bin_name);
        const auto read_took = stopwatch.lap();

        const auto numbers = store.releases();
        Partial partial{store, store.next_release()};
        site::ImportRequest request{context.record.directory, partial.tree(), conf.parsed.conf.bin_name, {}, {}};
        if (!numbers.empty())
            request.previous = site::PreviousSnapshot{store.tree_path(numbers.back()), index_of(store, numbers.back())};
        const auto imported = import_settled(request, partial);
        // What counts is the copy: if watch.conf changed since it was read, this is not what was asked for.
        if (site::read_watch_conf(partial.tree(), context.record.conf_name).text != conf.text) continue;

        auto digest = check_imported_program(partial.tree(), imported, conf.parsed.conf);
        auto manifest = manifest_of(partial.release(), conf.parsed.conf, imported, std::move(digest));
        if (repeat == Repeat::is_an_answer) {
            if (same_as_live(context, manifest)) return std::nullopt;
            refuse_refused(context, manifest);
        }
        partial.seal(manifest, imported.index, context.record);

        context.story.about(manifest.release);
        tell_step(context, manifest, Step::read, read_took, read_text(context, manifest.conf));
        for (const auto& warning : conf.parsed.warnings)
            context.story.say(Event::warning, sd::Priority::warning, warning);
        for (const auto& warning : imported.warnings)
            context.story.say(Event::warning, sd::Priority::warning, warning);
        tell_step(context, manifest, Step::import, stopwatch.lap(), import_text(imported, manifest.release));
        return manifest;
    }
}

bool conf_differs_from(const SiteContext& context, int release) {
    const auto then =
        read_file(context.store.tree_path(release) / context.record.conf_name, site::k_watch_conf_limit_bytes);
    try {
        return site::read_watch_conf(context.record.directory, context.record.conf_name).text != then;
    } catch (const Error&) {
        return false; // nothing to deploy
    }
}

bool conf_changed_since_last_deploy(SiteContext& context) {
    const auto manifests = all_manifests(context);
    const auto last = std::find_if(manifests.rbegin(), manifests.rend(), [](const auto& m) { return !m.copy_of; });
    return last != manifests.rend() && conf_differs_from(context, last->release);
}

site::Manifest copy_release(SiteContext& context, const site::Manifest& of) {
    Stopwatch stopwatch;
    const auto& store = context.store;
    Partial partial{store, store.next_release()};
    const auto index = index_of(store, of.release);
    site::clone_tree(store.tree_path(of.release), partial.tree(), index);
    auto manifest = of;
    manifest.release = partial.release();
    manifest.copy_of = of.release;
    manifest.created = std::chrono::system_clock::now();
    manifest.outcome = site::Outcome::pending;
    manifest.failed_step.clear();
    manifest.reason.clear();
    manifest.live_since.reset();
    manifest.live_until.reset();
    manifest.step_ms.clear();
    partial.seal(manifest, index, context.record);
    context.story.about(manifest.release);
    tell_step(context, manifest, Step::read, {}, "going back to " + release_text(of));
    tell_step(context, manifest, Step::import, stopwatch.lap(),
              fmt::format("release {}: the {} files of release {}", manifest.release, manifest.files, of.release));
    return manifest;
}

} // namespace baton::deploy
