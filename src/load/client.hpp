// SPDX-License-Identifier: MIT
// One client: a connection, kept open if the server allows it, with at most one batch of requests. Each request ends
// exactly once in the tally, as answered or as one class of failure. A client never repeats a request.
#pragma once

#include "load/script.hpp"
#include "load/tally.hpp"
#include "load/wire.hpp"

namespace baton::load {

/// The state that all clients of a mode share; it must outlive them.
struct ClientSetting {
    EventLoop& loop;
    Tally& tally;
    const Target& target;
    Script& script;
    std::size_t mode; ///< index in the tally
    Duration timeout;
    bool keeps_connections; ///< false: the requests say Connection: close
};

class Client final : private Wire::Owner {
  public:
    enum class Outcome : std::uint8_t { answered, failed };
    /// Called when a batch is over; the client can begin the next one at once.
    class Driver {
      public:
        virtual void on_batch_over(Client& client, Outcome outcome, TimePoint now) = 0;

      protected:
        ~Driver() = default;
    };

    Client(const ClientSetting& setting, Driver& driver);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Begins a batch that was due at `planned` (not after now): its time limit and latency count from then. Do not
    /// call during another batch. on_batch_over() may be called before this returns.
    void begin(TimePoint planned);
    /// Like begin(), but first checks whether the server has closed the connection meanwhile, which is not a failure.
    void begin_after_pause(TimePoint planned);
    /// Closes the connection between two batches.
    void close() noexcept { wire_.close(); }
    /// Between two batches: whether the server has ended the connection but the loop has not reported it yet.
    [[nodiscard]] bool ended_unseen() const noexcept { return wire_.connected() && wire_.ended_unseen(); }

  private:
    void on_connected() override;
    void on_bytes(std::string_view bytes) override;
    void on_ended(int error_number) override;

    [[nodiscard]] bool busy() const noexcept { return owed_ > 0; }
    [[nodiscard]] Stage stage() const noexcept;
    void arm_deadline();
    void on_deadline(TimePoint now);
    void connect(TimePoint now);
    void transmit();
    void send_pieces();
    /// Handles a complete reply; `surplus` if unrequested bytes follow. False if the batch is over.
    bool settle_one(bool surplus);
    void judge(bool surplus, TimePoint now);
    void note_failure(Failure failure, std::string_view detail, TimePoint now);
    void lose(Failure failure, std::string_view detail);
    void finish(Outcome outcome, TimePoint now);

    ClientSetting setting_;
    Driver& driver_;
    Wire wire_;
    ReplyParser parser_;
    Request request_;
    Timer deadline_;
    Timer pace_;
    TimePoint planned_;
    TimePoint connected_at_;    ///< when connect(2) began
    bool connected_ = false;    ///< connect(2) succeeded; stays true after the wire has ended
    unsigned owed_ = 0;         ///< replies still expected
    std::uint64_t replies_ = 0; ///< received on this connection
    std::size_t body_sent_ = 0;
    bool all_good_ = true;
    std::optional<std::size_t> answered_by_; ///< the roster index of the last identity on this connection
};

} // namespace baton::load
