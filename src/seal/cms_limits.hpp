#pragma once

#include <cstddef>

namespace onecard::seal {

/// A detached signature with its certificates has about 1 KiB.
inline constexpr std::size_t detached_cms_bytes_max = 64U << 10U;
/// One that carries its text: receipts, approvals.
inline constexpr std::size_t attached_cms_bytes_max = 1U << 20U;
/// The text of an attached one, so that the whole stays below.
inline constexpr std::size_t attached_text_bytes_max = attached_cms_bytes_max - detached_cms_bytes_max;

}  // namespace onecard::seal
