// SPDX-License-Identifier: MIT
// Plain-text tables, at most 110 columns wide.
#include "load/report_text.hpp"

#include "base/text.hpp"
#include "load/modes.hpp"
#include "load/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace baton::load {
namespace {

double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

std::string quantile_text(const Histogram& latency, double fraction) {
    return latency.count() == 0 ? "-" : to_text(latency.quantile(fraction));
}

void add_row(std::string& out, std::size_t width, std::string_view label, const Figures& figures) {
    fmt::format_to(std::back_inserter(out), "{:<{}} {:>10} {:>7} {:>10} {:>10} {:>10} {:>10} {:>11} {:>12}\n", label,
                   width, figures.requests, figures.failed(), quantile_text(figures.latency, 0.5),
                   quantile_text(figures.latency, 0.99), quantile_text(figures.latency, 0.999),
                   quantile_text(figures.latency, 1), to_text(figures.longest_gap), to_text(figures.longest_wait));
}

void add_modes(std::string& out, const Result& result) {
    std::size_t width = 4;
    for (const auto& mode : result.modes)
        width = std::max(width, label(mode.mode).size());
    fmt::format_to(std::back_inserter(out), "{:<{}} {:>10} {:>7} {:>10} {:>10} {:>10} {:>10} {:>11} {:>12}\n", "mode",
                   width, "requests", "failed", "p50", "p99", "p99.9", "max", "longest gap", "longest wait");
    for (const auto& mode : result.modes)
        add_row(out, width, label(mode.mode), mode.figures);
    if (result.modes.size() > 1) add_row(out, width, "all", result.all);
}

void add_failures(std::string& out, const Result& result) {
    if (result.all.failed() == 0) return;
    out += "\nfailed\n";
    for (const auto& mode : result.modes)
        for (const auto failure : all_failures())
            if (const auto count = mode.figures.failures[failure]; count > 0)
                fmt::format_to(std::back_inserter(out), "{:>10}  {}: {}\n", count, label(mode.mode), describe(failure));
    fmt::format_to(std::back_inserter(out), "the first {}\n", result.examples.size());
    for (const auto& example : result.examples)
        fmt::format_to(
            std::back_inserter(out), "{:>10.3f} s  {}: {}: {}{}\n", seconds(example.at - result.started),
            label(result.modes[example.mode].mode), describe(example.failure), example.detail,
            example.answered_by.empty() ? "" : fmt::format(", after {} had answered", printable(example.answered_by)));
}

void add_versions(std::string& out, const Result& result) {
    if (result.versions.empty()) return;
    fmt::format_to(std::back_inserter(out), "\n{:<20} {:>8} {:>12} {:>12} {:>10} {:>14}\n", "version", "pid",
                   "first seen", "last seen", "replies", "old after new");
    for (const auto& seen : result.versions)
        fmt::format_to(std::back_inserter(out), "{:<20} {:>8} {:>10.3f} s {:>10.3f} s {:>10} {:>14}\n",
                       printable(seen.identity.ver), printable(seen.identity.pid), seconds(seen.first - result.started),
                       seconds(seen.last - result.started), seen.replies, seen.old_after_new);
}

} // namespace

std::string report_text(const Result& result) {
    const double issued = seconds(result.stopped - result.started);
    const double whole = seconds(result.ended - result.started);
    std::string out;
    add_modes(out, result);
    add_failures(out, result);
    add_versions(out, result);
    fmt::format_to(std::back_inserter(out), "\n{} connections; {} closed by the server while idle, {} announced\n",
                   result.connections, result.closed_idle, result.close_announced);
    fmt::format_to(std::back_inserter(out), "{:.0f} replies/s over {:.1f} s; {:.0f} % of a processor spent here\n",
                   issued > 0 ? static_cast<double>(result.all.answered) / issued : 0.0, issued,
                   whole > 0 ? 100 * seconds(result.cpu) / whole : 0.0);
    fmt::format_to(std::back_inserter(out), "{} requests, {} failed, longest gap {}, {} old after new\n",
                   result.all.requests, result.all.failed(), to_text(result.all.longest_gap), result.old_after_new());
    return out;
}

std::string first_answer_text(const Result& result, std::string_view awaited) {
    const auto when = result.first_answer(awaited);
    if (!when)
        return fmt::format("version {} did not answer within {}; {} requests, {} failed\n", awaited,
                           to_text(result.stopped - result.started), result.all.requests, result.all.failed());
    return fmt::format("{:.3f} ms until version {} answered; monotonic {:.9f} s to {:.9f} s; {} requests, {} failed\n",
                       to_ms(*when - result.started), awaited, seconds(result.started.time_since_epoch()),
                       seconds(when->time_since_epoch()), result.all.requests, result.all.failed());
}

std::string progress_text(const Progress& progress) {
    return fmt::format("{:>5.0f} s  {:>8} replies  slowest {:>9}  {} failed  {} pending{}\n", seconds(progress.elapsed),
                       progress.answered, to_text(progress.slowest), progress.failed, progress.pending,
                       progress.newest_ver.empty() ? ""
                                                   : fmt::format("  newest {} (pid {})", printable(progress.newest_ver),
                                                                 printable(progress.newest_pid)));
}

} // namespace baton::load
