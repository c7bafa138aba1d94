// SPDX-License-Identifier: MIT
// The line that a terminal shows while a step takes its time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baton::cli {

/// "  2/7 import  3.0 MiB of 12.0 MiB  [=====>              ]  25 %  1.2 s", fewer than `columns` wide: the detail is
/// cut. `done`: from 0 to 1; none: there is no bar.
[[nodiscard]] std::string progress_line(std::string_view label, std::string_view detail, std::optional<double> done,
                                        std::chrono::nanoseconds took, std::size_t columns);

/// The width of the terminal `fd`; 80 if it does not tell.
[[nodiscard]] std::size_t columns_of(int fd) noexcept;
/// Its height; 24 if it does not tell.
[[nodiscard]] std::size_t rows_of(int fd) noexcept;

} // namespace baton::cli
