// SPDX-License-Identifier: MIT
// httplib's ways to listen; each ends in baton::run().
#pragma once

namespace baton {
class Server;
}

namespace baton::listening {

/// Keeps the program's new_task_queue and puts our own in its place: httplib's own listen() binds and then asks for a
/// queue, and so reaches libbaton's loop.
void take_task_queue(Server& server);

} // namespace baton::listening
