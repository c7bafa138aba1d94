// SPDX-License-Identifier: MIT
#include "mutants.hpp"

#include "deploy/decide/standing.hpp"

namespace simulation {

using namespace baton::deploy;
using namespace std::chrono_literals;

namespace {

Action about(Act act, int release = 0) {
    return {.act = act, .release = release, .why = {}, .unit = {}};
}

template <Act act>
Action never(const Picture&, const Action& action) {
    return action.act == act ? about(Act::settled) : action;
}

template <Act act, Act other>
Action instead(const Picture&, const Action& action) {
    return action.act == act ? about(other, action.release) : action;
}

Action judges_the_host(const Picture&, const Action& action) {
    return action.act == Act::drop && action.fault == Fault::host ? about(Act::reject, action.release) : action;
}

Action does_not_wait_for_the_next_try(const Picture& picture, const Action& action) {
    const auto* const live = picture.find(picture.live);
    const bool waits = action.act == Act::wait && action.idle && live != nullptr && live->run == Run::fell;
    return waits ? about(Act::start_live, *picture.live) : action;
}

Action goes_back_from_proven(const Picture& picture, const Action& action) {
    if (action.act != Act::start_live || picture.releases.front().record.release == picture.live) return action;
    const auto* const live = picture.find(picture.live);
    return live->run == Run::fell ? about(Act::go_back, picture.releases.front().record.release) : action;
}

Action takes_a_stop_for_a_failure(const Picture& picture, const Action& action) {
    const auto* const live = picture.find(picture.live);
    const bool is_down = action.act == Act::start_live && live->run == Run::down;
    return is_down && picture.releases.front().record.release != picture.live
               ? about(Act::go_back, picture.releases.front().record.release)
               : action;
}

Action retries_what_was_refused(const Picture& picture, const Action& action) {
    const bool refused = picture.decided.result == Decision::Result::rejected;
    return action.act == Act::settled && refused && !picture.candidate && picture.site_is_up ? about(Act::import)
                                                                                             : action;
}

Action takes_the_listener_down(const Picture& picture, const Action& action) {
    if (action.act != Act::unbind) return action;
    Action wrong = action;
    for (const auto& listener : picture.listeners)
        if (listener.wanted && listener.active) wrong.unit = listener.unit;
    return wrong;
}

Action ends_the_live_one(const Picture& picture, const Action& action) {
    return action.act == Act::tell && picture.live ? about(Act::tell, *picture.live) : action;
}

Action forgets_an_edit_while_another_is_tried(const Picture& picture, const Action& action) {
    const bool is_put_off = picture.tries.wish.count > 0;
    return action.act == Act::import && is_put_off ? about(Act::settled) : action;
}

constexpr NamedMutant k_mutants[]{
    {"never finishes a switch that was interrupted", never<Act::finish_switch>},
    {"leaves a release running that is neither live nor the candidate", never<Act::tell>},
    {"leaves what a killed deploy left", never<Act::drop>},
    {"never starts the watch again", never<Act::start_watch>},
    {"never listens again", never<Act::listen>},
    {"never starts the live release again", never<Act::start_live>},
    {"never goes back", instead<Act::go_back, Act::start_live>},
    {"never gives a listener up", never<Act::unbind>},
    {"does not ask for health", instead<Act::check, Act::switch_over>},
    {"starts what must be tried first on the site's socket", instead<Act::preflight, Act::check>},
    {"switches to what has not been started", instead<Act::start, Act::switch_over>},
    {"takes the host's fault for the content's", judges_the_host},
    {"takes the content's fault for the host's", instead<Act::reject, Act::drop>},
    {"does not wait before it tries again", does_not_wait_for_the_next_try},
    {"goes back from a proven release", goes_back_from_proven},
    {"takes a power cut for a failure", takes_a_stop_for_a_failure},
    {"tries again what was refused", retries_what_was_refused},
    {"gives the wrong listener up", takes_the_listener_down},
    {"tells the live release to leave", ends_the_live_one},
    {"forgets an edit that was put off", forgets_an_edit_while_another_is_tried},
};

} // namespace

std::span<const NamedMutant> mutants() noexcept {
    return k_mutants;
}

} // namespace simulation
