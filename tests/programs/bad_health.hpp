// SPDX-License-Identifier: MIT
// A private socket whose /.baton/state is right and whose health is not.
#pragma once

/// Says READY=1 and answers until it is killed. `reply` is a status, "hang" or "close".
int answer_badly(const char* reply);
