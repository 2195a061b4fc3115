#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/core/result.hpp"

/// Many files in one, as any tar writes and reads them: the ustar format (IEEE Std 1003.1-2017, pax, "ustar Interchange
/// Format"), and what GNU tar writes of its own accord for names that fit. Plain files without folders, nothing else.
namespace onecard::bankfile {

inline constexpr std::size_t tar_block_bytes = 512;
/// Behind the last file: two blocks of zeros.
inline constexpr std::size_t tar_end_bytes = 2 * tar_block_bytes;
inline constexpr std::size_t tar_name_bytes_max = 100;
/// Eleven octal digits: 8 GiB less one byte.
inline constexpr std::uint64_t tar_file_bytes_max = 077'777'777'777;

/// 1 to 100 bytes without a folder: no '/', no '\', no control characters, neither "." nor "..", no '-' in front, which
/// many a command would take for an option.
bool is_tar_name(std::string_view name);

/// The 512 bytes before a file of so many bytes. The same arguments give the same bytes. Name and size must fit.
std::string tar_header(std::string_view name, std::uint64_t bytes, Moment at);
/// So many zeros stand behind a file: 0 to 511.
constexpr std::size_t tar_padding(std::uint64_t bytes) {
    return (tar_block_bytes - bytes % tar_block_bytes) % tar_block_bytes;
}

/// Takes what stands in an archive, in its order.
class TarSink {
public:
    virtual ~TarSink() = default;
    /// A refusal ends the reading.
    virtual Result<void> begin(std::string_view name, std::uint64_t bytes) = 0;
    /// Pieces of the file that began; together as many bytes as were said.
    virtual void take(std::string_view piece) = 0;
    virtual Result<void> end() = 0;
};

/// Reads an archive strictly, in pieces of any size and constant memory. It is over with the first fault: what follows
/// cannot be told apart any more. Errors: malformed (no header, a wrong checksum, another kind than a plain file, a name
/// that is none, a size that is none, bytes behind the end), mismatch (cut off), and what the sink refuses; the place is
/// ARCHIVE:BYTE:FIELD, with the header's offset.
class TarReading {
public:
    /// The sink is kept.
    TarReading(std::string archive, TarSink& sink) : archive_{std::move(archive)}, sink_{sink} {}

    Result<void> feed(std::string_view bytes);
    /// Nothing more comes.
    Result<void> finish();

private:
    Result<void> take_block();
    Result<void> take_header();
    std::unexpected<Failure> no(std::string_view field, std::string text,
                                Fault fault = Fault::malformed) const;
    std::unexpected<Failure> over(Failure failure);

    std::string archive_;
    TarSink& sink_;
    std::array<char, tar_block_bytes> block_{};
    std::size_t in_block_ = 0;     ///< so much of it has come
    std::uint64_t at_ = 0;         ///< in the archive
    std::uint64_t header_at_ = 0;  ///< of the file that is being read, or was last
    std::uint64_t left_ = 0;       ///< of the file
    std::size_t padding_ = 0;      ///< left behind it
    std::size_t zero_blocks_ = 0;
    std::optional<Failure> failure_;
};

}  // namespace onecard::bankfile
