#include "binary_copy.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>

namespace onecard::store {
namespace {

/// "PGCOPY\n\377\r\n\0", no flags, no extension.
constexpr std::size_t signature_bytes = 11;
constexpr std::array<unsigned char, signature_bytes> signature{'P',  'G',  'C',  'O',  'P', 'Y',
                                                               '\n', 0xff, '\r', '\n', 0};
constexpr std::size_t header_bytes = signature_bytes + 8;
/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t epoch_of_postgres = 946'684'800;

/// The first word of "table (column, …)".
std::string_view table_of(std::string_view target) { return target.substr(0, target.find(' ')); }

}  // namespace

CopyIn::CopyIn(Connection& connection, std::string target)
    : connection_{connection},
      target_{std::move(target)},
      buffer_{std::make_unique_for_overwrite<std::byte[]>(buffer_bytes)},
      at_{buffer_.get()},
      end_{buffer_.get() + buffer_bytes} {
    count_statement();
    const std::string command = fmt::format("copy {} from stdin (format binary)", target_);
    const ResultPtr result{PQexec(connection_.raw(), command.c_str())};
    if (PQresultStatus(result.get()) != PGRES_COPY_IN)
        throw_result(connection_.raw(), result.get(), fmt::format("copy into {}", table_of(target_)));
    open_ = true;
    for (const unsigned char byte : signature) put_bare(static_cast<std::int8_t>(byte));
    put_bare(std::int64_t{0});
}

CopyIn::~CopyIn() {
    if (!open_) return;
    PQputCopyEnd(connection_.raw(), "given up");
    while (const ResultPtr left{PQgetResult(connection_.raw())}) {
    }
}

void CopyIn::put(Moment moment) { put((moment.unix_seconds() - epoch_of_postgres) * 1'000'000); }

void CopyIn::send() {
    const auto bytes = static_cast<int>(at_ - buffer_.get());
    at_ = buffer_.get();
    if (PQputCopyData(connection_.raw(), reinterpret_cast<const char*>(buffer_.get()), bytes) == 1) return;
    // The reason, if the server had time to give one, is in the result that waits.
    finish_failed();
}

void CopyIn::finish_failed() {
    open_ = false;
    PQputCopyEnd(connection_.raw(), "given up");
    const ResultPtr result{PQgetResult(connection_.raw())};
    while (const ResultPtr left{PQgetResult(connection_.raw())}) {
    }
    throw_result(connection_.raw(), result.get(), fmt::format("copy into {}", table_of(target_)));
}

void CopyIn::finish() {
    make_room(sizeof(std::int16_t));
    put_bare(std::int16_t{-1});
    send();
    if (PQputCopyEnd(connection_.raw(), nullptr) != 1) finish_failed();
    open_ = false;
    const ResultPtr result{PQgetResult(connection_.raw())};
    while (const ResultPtr left{PQgetResult(connection_.raw())}) {
    }
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        throw_result(connection_.raw(), result.get(), fmt::format("copy into {}", table_of(target_)));
    const std::string_view written = PQcmdTuples(result.get());
    ensure(written == std::to_string(rows_), "the database counts other rows than were sent");
}

CopyOut::CopyOut(Connection& connection, std::string_view name, const std::string& query)
    : connection_{connection}, name_{name} {
    count_statement();
    const std::string command = fmt::format("copy ({}) to stdout (format binary)", query);
    const ResultPtr result{PQexec(connection_.raw(), command.c_str())};
    if (PQresultStatus(result.get()) != PGRES_COPY_OUT) throw_result(connection_.raw(), result.get(), name_);
}

CopyOut::~CopyOut() {
    let_go();
    if (!open_) return;
    // Somebody stopped reading: the server is told, and what is still on its way is thrown away.
    if (const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel{PQgetCancel(connection_.raw()),
                                                                        &PQfreeCancel}) {
        std::array<char, 256> error{};
        PQcancel(cancel.get(), error.data(), static_cast<int>(error.size()));
    }
    while (PQgetCopyData(connection_.raw(), &row_, 0) > 0) let_go();
    while (const ResultPtr left{PQgetResult(connection_.raw())}) {
    }
}

void CopyOut::let_go() {
    PQfreemem(row_);
    row_ = nullptr;
}

std::optional<CopiedRow> CopyOut::next() {
    let_go();
    while (open_) {
        const int bytes = PQgetCopyData(connection_.raw(), &row_, 0);
        if (bytes < 0) {
            open_ = false;
            const ResultPtr result{PQgetResult(connection_.raw())};
            while (const ResultPtr left{PQgetResult(connection_.raw())}) {
            }
            if (bytes == -2 || PQresultStatus(result.get()) != PGRES_COMMAND_OK)
                throw_result(connection_.raw(), result.get(), name_);
            break;
        }
        const auto* at = reinterpret_cast<const std::byte*>(row_);
        const std::byte* const end = at + bytes;
        if (first_) {
            ensure(static_cast<std::size_t>(bytes) >= header_bytes, "a binary copy without its header");
            at += header_bytes;
            first_ = false;
        }
        if (end - at >= 2) {
            // The number of columns, or −1 after the last row.
            const auto columns = take_big_endian<std::int16_t>(at);
            if (columns >= 0) return CopiedRow{at + sizeof columns, end};
        }
        let_go();
    }
    return std::nullopt;
}

Digest CopiedRow::digest() {
    const std::string_view view = bytes();
    Digest digest;
    check(view.size() == digest.bytes.size());
    std::ranges::copy(view, reinterpret_cast<char*>(digest.bytes.data()));
    return digest;
}

}  // namespace onecard::store
