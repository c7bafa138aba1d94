// SPDX-License-Identifier: MIT
// The outcome of the newest decided wish: decided.json in the site's state. A watch.conf that has not changed since
// then asks for nothing.
#pragma once

#include "base/error.hpp"
#include "site/release/manifest.hpp"
#include "site/release/store.hpp"
#include "site/release/tree_index.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::deploy {

struct Decision {
    enum class Result {
        none,        ///< no wish has been decided yet
        live,        ///< a new release took over
        unchanged,   ///< the live release has exactly this content
        refused,     ///< watch.conf or the files cannot become a release; `error` says why
        rejected,    ///< a release was made of it, now or before, and failed
        rolled_back, ///< it took over, failed on probation and was rolled back
    };
    std::uint64_t wish = 0; ///< the newest wish that this decides
    site::SourceStamp conf; ///< watch.conf as it was read
    Result result = Result::none;
    std::optional<int> release; ///< the release that this is about; of refused: none
    ErrorKind kind = error_kind::failed;
    std::string error; ///< of refused, rejected and rolled_back
    std::string hint;
    site::Time at{};
    /// When the directory was looked at for it; empty when it was not. Later changes may be the rest of the upload.
    std::optional<site::Time> imported;
    std::string tree; ///< of refused: the fingerprint of the directory, see site/release/tree_look.hpp
};

/// Everybody may read it, but `error` and `hint` are protected like a program's output.
void write_decision(const site::Store& store, const Decision& decision);
[[nodiscard]] Decision read_decision(const site::Store& store);

} // namespace baton::deploy
