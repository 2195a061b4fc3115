#pragma once

#include <cstdint>

/// Every advisory lock of the house. The key is class (12 bits), number (32), county (20): one 64-bit space, apart
/// from the pairs (7001, period) and (7002, part) that the owner's functions of schemas/db/0002_parts.sql use.
/// A work that takes several takes them in the order of the classes, and within a class ascending.
namespace onecard::store {

enum class LockClass : std::uint16_t {
    migrations = 1,  ///< of the whole database; held by the session
    imports = 2,     ///< the next import number
    banks = 3,       ///< the list of banks
    runs = 4,        ///< the next run number
    unit = 5,        ///< (run, county): who computes it
    serials = 6,     ///< (period, county): the next serial
    batches = 7,     ///< (period, county): the next batch number
    returns = 8,     ///< (return file): who processes it
    batch =
        9,  ///< (bank and period, county): whose answers are recorded; one lock for a bank's batches of a unit
    dispatch = 10,     ///< (bank): the next number in its list
    log = 11,          ///< the end of the log
    lists = 12,        ///< the next number of a screening list
    recovery = 13,     ///< (county): receivables and what becomes of them
    sequences = 26,    ///< (bank): the numbers of what it hands in
    name_checks = 27,  ///< the numbers of name checks
    answer =
        40,  ///< (hash of caller and key): who does what the caller asks under it; taken before all others
    statements = 43,  ///< (bank, county): whose transit account is matched; taken before batches
    closes = 44,      ///< (county): who closes a month or a year; taken before entries are written
    proposals = 42,   ///< (proposal): who answers it; taken before all others but `answer`
    money =
        45,  ///< (county): where its money stands by funds; taken last but for the log, just before entries are
             ///< written
    funds = 41,  ///< (county): what of its money is received, promised, spent; taken by put_step.sql itself
};

constexpr std::int64_t lock_key(LockClass lock, std::int32_t number = 0, std::int32_t county = 0) {
    return static_cast<std::int64_t>(
        static_cast<std::uint64_t>(lock) << 52U |
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(number)) << 20U |
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(county) & 0xfffffU));
}

/// A bank's answers to a month, in the 32 bits of a number: months since the year 0 in the upper half, the bank below.
constexpr std::int32_t number_of_batch(std::int32_t month, std::int16_t bank) {
    return month << 16 | static_cast<std::int32_t>(static_cast<std::uint16_t>(bank));
}

}  // namespace onecard::store
