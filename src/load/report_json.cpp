// SPDX-License-Identifier: MIT
// The JSON report, field by field, in a readable order.
#include "load/report_json.hpp"

#include "base/text.hpp"
#include "load/modes.hpp"
#include "load/units.hpp"

#include <nlohmann/json.hpp>

namespace baton::load {
namespace {

using Json = nlohmann::ordered_json;

/// The steady and the wall clock were read at the same instant at the start.
std::string utc(const Result& result, TimePoint when) {
    using namespace std::chrono;
    return iso8601(result.started_utc + duration_cast<system_clock::duration>(when - result.started));
}

long long monotonic_ns(TimePoint when) {
    return when.time_since_epoch().count();
}

Json failures_json(const FailureCounts& failures) {
    Json object = Json::object();
    for (const auto failure : all_failures())
        object[std::string{name(failure)}] = failures[failure];
    return object;
}

Json latency_json(const Histogram& latency) {
    if (latency.count() == 0)
        return {{"p50", nullptr}, {"p90", nullptr}, {"p99", nullptr}, {"p999", nullptr}, {"max", nullptr}};
    return {{"p50", to_ms(latency.quantile(0.5))},
            {"p90", to_ms(latency.quantile(0.9))},
            {"p99", to_ms(latency.quantile(0.99))},
            {"p999", to_ms(latency.quantile(0.999))},
            {"max", to_ms(latency.max())}};
}

void add_figures(Json& object, const Figures& figures) {
    object["requests"] = figures.requests;
    object["answered"] = figures.answered;
    object["failed"] = figures.failed();
    object["failures"] = failures_json(figures.failures);
    object["latency_ms"] = latency_json(figures.latency);
    object["longest_gap_ms"] = to_ms(figures.longest_gap);
    object["longest_wait_ms"] = to_ms(figures.longest_wait);
}

Json version_json(const Result& result, const VersionSeen& seen) {
    return {{"ver", seen.identity.ver},
            {"pid", seen.identity.pid},
            {"generation", seen.generation},
            {"replies", seen.replies},
            {"old_after_new", seen.old_after_new},
            {"first_seen", utc(result, seen.first)},
            {"last_seen", utc(result, seen.last)},
            {"first_seen_ms", to_ms(seen.first - result.started)},
            {"last_seen_ms", to_ms(seen.last - result.started)},
            {"first_seen_monotonic_ns", monotonic_ns(seen.first)},
            {"last_seen_monotonic_ns", monotonic_ns(seen.last)}};
}

Json example_json(const Result& result, const Example& example) {
    return {{"at", utc(result, example.at)},
            {"at_ms", to_ms(example.at - result.started)},
            {"mode", label(result.modes[example.mode].mode)},
            {"failure", name(example.failure)},
            {"detail", example.detail},
            {"answered_by", example.answered_by.empty() ? Json(nullptr) : Json(example.answered_by)}};
}

Json first_answer_json(const Result& result, std::string_view awaited) {
    if (awaited.empty()) return nullptr;
    const auto when = result.first_answer(awaited);
    if (!when) return {{"ver", awaited}, {"elapsed_ms", nullptr}, {"monotonic_ns", nullptr}};
    return {{"ver", awaited}, {"elapsed_ms", to_ms(*when - result.started)}, {"monotonic_ns", monotonic_ns(*when)}};
}

Json run_json(const Result& result) {
    const std::chrono::duration<double> issued = result.stopped - result.started;
    Json root = {{"version", 1},
                 {"target", result.target},
                 {"ok", result.ok()},
                 {"started", utc(result, result.started)},
                 {"ended", utc(result, result.ended)},
                 {"started_monotonic_ns", monotonic_ns(result.started)},
                 {"duration_s", issued.count()},
                 {"stopped_by", name(result.reason)}};
    add_figures(root, result.all);
    root["answered_per_s"] = issued.count() > 0 ? static_cast<double>(result.all.answered) / issued.count() : 0.0;
    root["old_after_new"] = result.old_after_new();
    root["connections"] = {{"opened", result.connections},
                           {"closed_idle", result.closed_idle},
                           {"close_announced", result.close_announced}};
    root["cpu_s"] = std::chrono::duration<double>{result.cpu}.count();
    return root;
}

} // namespace

std::string report_json(const Result& result, std::string_view awaited) {
    auto root = run_json(result);
    root["first_answer"] = first_answer_json(result, awaited);
    auto& versions = root["versions"] = Json::array();
    for (const auto& seen : result.versions)
        versions.push_back(version_json(result, seen));
    auto& modes = root["modes"] = Json::array();
    for (const auto& [mode, figures] : result.modes) {
        Json object = {{"mode", name(mode.mode)}, {"label", label(mode)}};
        add_figures(object, figures);
        modes.push_back(std::move(object));
    }
    auto& examples = root["examples"] = Json::array();
    for (const auto& example : result.examples)
        examples.push_back(example_json(result, example));
    // A broken server may send invalid UTF-8: it is replaced, so a report can always be written.
    return root.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace baton::load
