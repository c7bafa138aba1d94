// SPDX-License-Identifier: MIT
#include "seen.hpp"

#include <fmt/format.h>

namespace simulation {

std::string result_text(baton::deploy::Decision::Result result) {
    using Decision = baton::deploy::Decision;
    switch (result) {
    case Decision::Result::none:
        return "nothing";
    case Decision::Result::live:
    case Decision::Result::unchanged:
        return "live";
    case Decision::Result::refused:
        return "refused";
    case Decision::Result::rejected:
        return "rejected";
    case Decision::Result::rolled_back:
        break;
    }
    return "rolled back";
}

Seen renumbered(Seen seen) {
    int number = 0;
    int live = 0;
    for (auto& release : seen.releases) {
        ++number;
        if (release.number == seen.live) live = number;
        release.number = number;
    }
    seen.live = live;
    return seen;
}

std::string seen_text(const Seen& seen) {
    const auto flag = [](bool set, const char* text) { return set ? std::string{", "} + text : std::string{}; };
    auto text = fmt::format("handle {}, watch {}, listens on {}{}{}, release {} is live, last decided: {}{}{}{}\n",
                            seen.handle, seen.watch, seen.listens[0] ? "0" : "", seen.listens[1] ? "1" : "",
                            seen.listens[0] || seen.listens[1] ? "" : "none", seen.live, seen.result,
                            flag(seen.client_waits, "a client waits"), flag(seen.edit_is_open, "an edit is open"),
                            flag(seen.wish_is_open, "a wish is open")) +
                (seen.put_off ? "    what is wanted is put off\n" : "");
    for (const auto& [number, content, outcome, unit] : seen.releases)
        text += fmt::format("    release {}: {}, {}, {}\n", number, content_text(content), outcome, unit);
    return text;
}

} // namespace simulation
