// SPDX-License-Identifier: MIT
// A private socket with a correct /.baton/state and a bad health check.
#pragma once

/// Says READY=1 and answers until it is killed. `reply` is a status, "hang" or "close".
int answer_badly(const char* reply);
