// SPDX-License-Identifier: MIT
// What systemd says about a release's unit, as the decision sees it.
#include "deploy/picture/observe.hpp"

#include <doctest/doctest.h>

using namespace baton;
using namespace baton::deploy;

namespace {

Run run(const sd::UnitStatus& status) {
    ReleasePicture picture;
    take_status(picture, status);
    return picture.run;
}

} // namespace

TEST_CASE("a release whose start waits for its turn is starting, however it ended before") {
    sd::UnitStatus status;
    status.active_state = sd::ActiveState::inactive;
    CHECK(run(status) == Run::down);
    status.ended_by_itself = true;
    CHECK(run(status) == Run::fell);
    status.has_job = true;
    CHECK(run(status) == Run::starting);
    status.active_state = sd::ActiveState::failed;
    CHECK(run(status) == Run::starting);
    status.has_job = false;
    CHECK(run(status) == Run::fell);
}
