// SPDX-License-Identifier: MIT
// What most of our code includes anyway, compiled once for each library (meson's cpp_pch). A file still includes what
// it uses: the fuzz targets and an installed header are built without this.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
