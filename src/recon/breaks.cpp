#include "onecard/recon/breaks.hpp"

#include <algorithm>
#include <array>

namespace onecard::recon {

namespace {

// A row stands at the number of its kind.
constexpr std::array<BreakText, break_kinds> kinds{{
    {BreakKind::unknown_reference, "unknown-reference", "无此明细", "a line that was never sent",
     BreakClass::surplus, Side::bank, Resolution::await_bank},
    {BreakKind::repeated, "repeated", "重复明细", "the same payment twice in one file",
     BreakClass::discrepancy, Side::bank, Resolution::dismiss},
    {BreakKind::amount_differs, "amount-differs", "金额不符", "another amount than was sent",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::account_differs, "account-differs", "账号不符", "another account than was sent",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::contradicts_earlier, "contradicts-earlier", "与前次回盘矛盾", "contradicts an earlier file",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::paid_though_failed, "paid-though-failed", "报失败后又报成功",
     "said to be paid after it had failed", BreakClass::shortage, Side::bank, Resolution::accept_paid},
    {BreakKind::unknown_reason, "unknown-reason", "原因码不明", "a reason that no table knows",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::name_differs, "name-differs", "报成功但户名不符", "said to be paid, though the name differs",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::code_differs, "code-differs", "状态与原因码矛盾", "status and reason contradict each other",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::malformed_line, "malformed-line", "明细格式错误", "a line that is bad in itself",
     BreakClass::discrepancy, Side::bank, Resolution::await_bank},
    {BreakKind::unidentified_credit, "unidentified-credit", "不明来款",
     "money that came in for nothing known", BreakClass::surplus, Side::office, Resolution::await_bank},
    {BreakKind::unidentified_debit, "unidentified-debit", "不明扣款", "money that went out for nothing known",
     BreakClass::shortage, Side::bank, Resolution::claim_from_bank},
    {BreakKind::debited_twice, "debited-twice", "重复扣款", "money that went out twice", BreakClass::shortage,
     Side::bank, Resolution::claim_from_bank},
    {BreakKind::interest, "interest", "账户利息", "interest on the account", BreakClass::surplus,
     Side::office, Resolution::book_interest},
    {BreakKind::not_debited, "not-debited", "漏单:报成功未记账", "said to be paid, and on no statement",
     BreakClass::omission, Side::bank, Resolution::await_bank},
    {BreakKind::late_return, "late-return", "退汇", "paid, and taken back later", BreakClass::discrepancy,
     Side::office, Resolution::pay_again},
}};

consteval bool stand_at_their_numbers() {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
    return true;
}
static_assert(stand_at_their_numbers());

constexpr std::array classes{
    BreakClassText{BreakClass::surplus, "surplus", "长款", "surplus"},
    BreakClassText{BreakClass::shortage, "shortage", "短款", "shortage"},
    BreakClassText{BreakClass::omission, "omission", "漏单", "omission"},
    BreakClassText{BreakClass::discrepancy, "discrepancy", "差错", "discrepancy"},
};

constexpr std::array resolutions{
    ResolutionText{Resolution::dismiss, "dismiss", "核实无误", "the books are right"},
    ResolutionText{Resolution::accept_paid, "accept-paid", "确认已付", "it was paid"},
    ResolutionText{Resolution::claim_from_bank, "claim-from-bank", "向银行追索", "the bank owes it"},
    ResolutionText{Resolution::await_bank, "await-bank", "已询银行", "the bank was asked"},
    ResolutionText{Resolution::remit, "remit", "上缴财政", "it goes to the treasury"},
    ResolutionText{Resolution::reported_since, "reported-since", "回盘已报",
                   "a return file has told of it since"},
    ResolutionText{Resolution::book_interest, "book-interest", "利息入账", "booked as interest"},
    ResolutionText{Resolution::is_return, "is-return", "系退汇", "it is a payment that came back"},
    ResolutionText{Resolution::repays_claim, "repays-claim", "银行归还追索款",
                   "the bank gives back what was claimed"},
    ResolutionText{Resolution::debited_since, "debited-since", "其后已记账", "a later statement has it"},
    ResolutionText{Resolution::pay_again, "pay-again", "更正后重发", "corrected and paid again"},
};

}  // namespace

const BreakText& text_of(BreakKind kind) { return kinds[static_cast<std::size_t>(kind)]; }
std::string_view code_of(BreakKind kind) { return text_of(kind).code; }

std::optional<BreakKind> break_kind_of(std::string_view code) {
    const auto found = std::ranges::find(kinds, code, &BreakText::code);
    if (found == kinds.end()) return std::nullopt;
    return found->kind;
}

const BreakClassText& text_of(BreakClass type) { return classes[static_cast<std::size_t>(type)]; }
const ResolutionText& text_of(Resolution resolution) {
    return resolutions[static_cast<std::size_t>(resolution)];
}

std::optional<Resolution> resolution_of(std::string_view code) {
    const auto found = std::ranges::find(resolutions, code, &ResolutionText::code);
    if (found == resolutions.end()) return std::nullopt;
    return found->resolution;
}

std::string_view code_of(Side side) { return side == Side::office ? "office" : "bank"; }

Named named_by(Resolution resolution) {
    switch (resolution) {
        case Resolution::is_return: return Named::payment;
        case Resolution::repays_claim: return Named::claim;
        case Resolution::dismiss:
        case Resolution::accept_paid:
        case Resolution::claim_from_bank:
        case Resolution::await_bank:
        case Resolution::remit:
        case Resolution::reported_since:
        case Resolution::debited_since:
        case Resolution::pay_again:
        case Resolution::book_interest: return Named::nothing;
    }
    std::unreachable();
}

bool can_resolve(BreakKind kind, Resolution resolution) {
    switch (resolution) {
        // Money that is there does not go away by being dismissed.
        case Resolution::dismiss:
            return kind != BreakKind::unidentified_credit && kind != BreakKind::interest;
        case Resolution::await_bank:
        case Resolution::pay_again: return false;
        case Resolution::accept_paid: return kind == BreakKind::paid_though_failed;
        case Resolution::claim_from_bank:
            return kind == BreakKind::paid_though_failed || kind == BreakKind::account_differs ||
                   kind == BreakKind::amount_differs || kind == BreakKind::unidentified_debit ||
                   kind == BreakKind::debited_twice;
        case Resolution::remit:
        case Resolution::is_return:
        case Resolution::repays_claim:
        case Resolution::reported_since: return kind == BreakKind::unidentified_credit;
        case Resolution::book_interest: return kind == BreakKind::interest;
        case Resolution::debited_since: return kind == BreakKind::not_debited;
    }
    std::unreachable();
}

}  // namespace onecard::recon
