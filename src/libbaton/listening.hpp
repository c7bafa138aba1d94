// SPDX-License-Identifier: MIT
// httplib's ways to listen, each of which ends in baton::run().
#pragma once

namespace baton {
class Server;
}

namespace baton::listening {

/// Keeps what the program has put into new_task_queue, and puts our way in there: httplib's own listen(), which binds
/// and then asks for a queue, gets to the loop of libbaton by it.
void take_task_queue(Server& server);

} // namespace baton::listening
