// SPDX-License-Identifier: MIT
#include "deploy/wish/decision.hpp"

#include "base/text.hpp"
#include "deploy/wish/error_kinds.hpp"
#include "deploy/wish/state_file.hpp"
#include "site/release/evidence_file.hpp"

#include <array>

namespace baton::deploy {
namespace {

constexpr std::array<std::string_view, 6> k_results{"none", "live", "unchanged", "refused", "rejected", "rolled-back"};

/// Everybody may read the decision ...
StateFile file_of(const site::Store& store) {
    return {store.directory() / "decided.json", 1, 0644};
}
/// ... but not the reason: it quotes watch.conf, so it is protected like a program's output.
StateFile reason_of(const site::Store& store) {
    return {store.directory() / "evidence" / "decided.json", 1};
}

void write_reason(const site::Store& store, const Decision& decision) {
    const auto file = reason_of(store);
    std::error_code error;
    if (decision.error.empty()) return (void)std::filesystem::remove(file.path, error);
    const auto site = store.record();
    site::write_evidence(file.path, file.text({{"error", decision.error}, {"hint", decision.hint}}),
                         site ? site::evidence_readers(site->directory) : Readers{});
}

void read_reason(const site::Store& store, Decision& decision) try {
    reason_of(store).read([&](const nlohmann::ordered_json& json) {
        decision.error = json.at("error").get<std::string>();
        decision.hint = json.at("hint").get<std::string>();
    });
} catch (const Error&) { // this reader may not read it
}

bool has_reason(Decision::Result result) {
    return result != Decision::Result::none && result != Decision::Result::live &&
           result != Decision::Result::unchanged;
}

Decision::Result result_from(const std::string& text) {
    for (std::size_t i = 0; i < k_results.size(); ++i)
        if (k_results[i] == text) return static_cast<Decision::Result>(i);
    throw Error{"unknown result " + quote(text)};
}

/// The kinds that a decision can have; no others are written.
ErrorKind kind_from(int status) {
    for (const auto kind : {error_kind::rejected, error_kind::rolled_back, error_kind::config, error_kind::usage})
        if (kind.exit_status == status) return kind;
    return error_kind::failed;
}

} // namespace

void write_decision(const site::Store& store, const Decision& decision) {
    write_reason(store, decision);
    file_of(store).write(
        {{"wish", decision.wish},
         {"watch_conf", to_json(decision.conf)},
         {"result", k_results[static_cast<std::size_t>(decision.result)]},
         {"release", decision.release ? nlohmann::ordered_json(*decision.release) : nullptr},
         {"exit_status", decision.kind.exit_status},
         {"at", iso8601(decision.at)},
         {"imported", decision.imported ? nlohmann::ordered_json(iso8601(*decision.imported)) : nullptr},
         {"tree", decision.tree}});
}

Decision read_decision(const site::Store& store) {
    Decision decision;
    file_of(store).read([&](const nlohmann::ordered_json& json) {
        decision.wish = json.at("wish").get<std::uint64_t>();
        decision.conf = stamp_from_json(json.at("watch_conf"));
        decision.result = result_from(json.at("result").get<std::string>());
        if (!json.at("release").is_null()) decision.release = json.at("release").get<int>();
        decision.kind = kind_from(json.at("exit_status").get<int>());
        decision.error = json.value("error", ""); // an older baton wrote these here
        decision.hint = json.value("hint", "");
        decision.at = parse_iso8601(json.at("at").get<std::string>());
        if (const auto found = json.find("imported"); found != json.end() && !found->is_null())
            decision.imported = parse_iso8601(found->get<std::string>());
        decision.tree = json.value("tree", "");
    });
    if (has_reason(decision.result)) read_reason(store, decision);
    return decision;
}

} // namespace baton::deploy
