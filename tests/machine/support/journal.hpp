// SPDX-License-Identifier: MIT
// baton's journal messages about one site, as they arrive.
#pragma once

#include "deploy/tell/events.hpp"
#include "support/wait.hpp"

#include <systemd/sd-journal.h>

#include <memory>
#include <string>
#include <vector>

namespace machine {

using baton::deploy::Event;

struct Entry {
    std::string message;
    std::string message_id;
    std::string site;
    std::string release; ///< empty when it is about none
    std::string step;

    [[nodiscard]] bool is(Event event) const { return message_id == baton::deploy::message_id(event); }
};

/// The messages with BATON_SITE=`site` that were sent after this was made.
class Journal {
  public:
    explicit Journal(const std::string& site);

    /// The next entry of that kind, each once; fails the test when none comes.
    Entry wait_for(Event event, std::chrono::milliseconds limit = k_patience);
    /// All that was sent before this call.
    const std::vector<Entry>& entries();
    std::size_t count(Event event);

  private:
    void read_on();
    [[nodiscard]] std::string field(const char* name) const;

    std::unique_ptr<sd_journal, void (*)(sd_journal*)> journal_;
    std::string site_;
    unsigned long long since_usec_;
    std::vector<Entry> entries_;
    std::size_t waited_ = 0; ///< entries that wait_for() has been through
};

/// What `journalctl -u UNIT` shows, oldest first, messages only.
std::string journal_of(const std::string& unit);

} // namespace machine
