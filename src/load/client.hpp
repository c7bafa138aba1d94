// SPDX-License-Identifier: MIT
// One client: a connection that is kept where the server allows it, and at most one batch of requests on it. Each
// request ends exactly once in the tally, as answered or in one class of failure. It never sends a request again.
#pragma once

#include "load/script.hpp"
#include "load/tally.hpp"
#include "load/wire.hpp"

namespace baton::load {

/// What all clients of a mode share; all of it must outlive them.
struct ClientSetting {
    EventLoop& loop;
    Tally& tally;
    const Target& target;
    Script& script;
    std::size_t mode; ///< index in the tally
    Duration timeout;
    bool keeps_connections; ///< false: the requests themselves ask for Connection: close
};

class Client final : private Wire::Owner {
  public:
    enum class Outcome : std::uint8_t { answered, failed };
    /// Told when a batch is over; the client can begin the next at once.
    class Driver {
      public:
        virtual void on_batch_over(Client& client, Outcome outcome, TimePoint now) = 0;

      protected:
        ~Driver() = default;
    };

    Client(const ClientSetting& setting, Driver& driver);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Begins a batch that was to begin at `planned` (not after now): its time limit and latency count from then.
    /// Not while another is going on. on_batch_over() may be called before this returns.
    void begin(TimePoint planned);
    /// As begin(), but first looks whether the server has closed the connection meanwhile, which is no failure.
    void begin_after_pause(TimePoint planned);
    /// Closes the connection between two batches.
    void close() noexcept { wire_.close(); }
    /// Between two batches: whether the server has ended the connection without the loop having told us yet.
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
    /// A whole reply is in; `surplus` when bytes follow that no request asked for. False when the batch is over.
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
    bool connected_ = false;    ///< connect(2) succeeded; stays true when the wire has ended
    unsigned owed_ = 0;         ///< replies to come
    std::uint64_t replies_ = 0; ///< got on this connection
    std::size_t body_sent_ = 0;
    bool all_good_ = true;
    std::optional<std::size_t> answered_by_; ///< on this connection, in the roster
};

} // namespace baton::load
