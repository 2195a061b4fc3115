#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/reason.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/result.hpp"

/// The round before the first payment (户名核验): a bank is asked whether names and accounts belong together. Format:
/// schemas/bank/name-check.md. Small files, read and written whole.
namespace onecard::bankfile {

/// What one file asks at most: its answer then fits into a signature that carries it.
inline constexpr std::size_t names_per_check_max = 5000;

struct NameQuestion {
    std::string payee;  ///< our number for whoever it is, comes back: "P123456", "I12"
    std::string name;   ///< UTF-8
    AccountKind kind = AccountKind::card;
    std::string account;
    friend bool operator==(const NameQuestion&, const NameQuestion&) = default;
};
struct NameCheck {
    std::string file_id;  ///< "YKV370212000001": county and number
    County county;
    std::string bank_code;
    Moment made_at;
    std::vector<NameQuestion> lines;
    friend bool operator==(const NameCheck&, const NameCheck&) = default;
};

struct NameAnswer {
    std::string payee;
    std::string account;
    Reason reason = Reason::paid;  ///< OK00: they belong together; PEND: not known yet
    friend bool operator==(const NameAnswer&, const NameAnswer&) = default;
};
struct NameAnswers {
    std::string file_id;
    std::string bank_code;
    Moment made_at;
    std::vector<NameAnswer> lines;
    friend bool operator==(const NameAnswers&, const NameAnswers&) = default;
};

/// GB18030, lines end in CR LF, the trailer has the SM3 of every byte before it. Errors: unknown (a character that
/// GB18030 does not have, or "|" in a name).
Result<std::string> write_name_check(const NameCheck& check, const HashFunction& sm3);
Result<std::string> write_name_answers(const NameAnswers& answers, const HashFunction& sm3);

/// Strict: the first fault refuses the whole file and is named as "file:line:field". No names or accounts in it.
Result<NameCheck> read_name_check(std::string_view bytes, std::string_view file, const HashFunction& sm3);
Result<NameAnswers> read_name_answers(std::string_view bytes, std::string_view file, const HashFunction& sm3);

}  // namespace onecard::bankfile
