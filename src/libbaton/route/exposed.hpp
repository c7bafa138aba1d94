// SPDX-License-Identifier: MIT
// Access to private members of httplib::Server by name: an explicit instantiation may name private members.
#pragma once

#include <tuple>

namespace baton::engine {

/// `struct Tag { friend constexpr auto exposed(Tag) noexcept; };` and then, once in the same source file,
/// `template struct Expose<Tag, &httplib::Server::a_, ...>;` make exposed(Tag{}) the tuple of those member pointers.
template <class Tag, auto... Members>
struct Expose {
    friend constexpr auto exposed(Tag) noexcept { return std::tuple{Members...}; }
};

} // namespace baton::engine
