#include "onecard/bankfile/reason.hpp"

#include <array>

#include "onecard/core/result.hpp"

namespace onecard::bankfile {

namespace {

// DOMAIN 3.5. A row stands at the number of its reason.
constexpr std::array reasons{
    ReasonText{Reason::paid, "OK00", "成功", "paid", Action::none},
    ReasonText{Reason::name_mismatch, "NM01", "户名不符", "account name differs", Action::correct_account},
    ReasonText{Reason::account_unknown, "AC01", "账号不存在", "no such account", Action::correct_account},
    ReasonText{Reason::account_closed, "AC04", "已销户", "account closed", Action::correct_account},
    ReasonText{Reason::account_blocked, "AC06", "账户冻结、止付或挂失",
               "account frozen, stopped or reported lost", Action::hold},
    // The account stays the payee's own: it is woken at the counter, not replaced.
    ReasonText{Reason::account_dormant, "DORM", "睡眠户", "account dormant", Action::hold},
    ReasonText{Reason::over_limit, "LIMT", "超过账户限额", "over the limit of a class II or III account",
               Action::correct_account},
    ReasonText{Reason::wrong_account_type, "TYPE", "账户类型不符", "account of a type that cannot be paid",
               Action::correct_account},
    ReasonText{Reason::identity_mismatch, "IDNM", "证件不符", "identity document differs",
               Action::correct_account},
    ReasonText{Reason::deceased, "DEAD", "收款人死亡", "payee deceased", Action::stop_and_review},
    ReasonText{Reason::wrong_routing, "ROUT", "行号错误或不参与",
               "wrong bank code, or the bank takes no part", Action::correct_account},
    ReasonText{Reason::duplicate, "DUPL", "重复", "duplicate", Action::query},
    ReasonText{Reason::amount_error, "AMTE", "金额或币种错误", "wrong amount or currency",
               Action::fix_and_resend},
    ReasonText{Reason::sums_differ, "SUMX", "汇总与明细不符", "totals differ from the details",
               Action::fix_and_resend},
    ReasonText{Reason::bad_signature, "SIGX", "验签失败", "signature does not verify",
               Action::fix_and_resend},
    ReasonText{Reason::no_funds, "FUND", "过渡户余额不足", "transit account short of funds",
               Action::next_day},
    ReasonText{Reason::after_cut_off, "CUTO", "超过截止时间", "after the cut-off time", Action::next_day},
    // Nobody has said yet why it was reversed: a person asks before it goes out again.
    ReasonText{Reason::reversed, "REVS", "已冲正或撤销", "reversed or withdrawn", Action::hold},
    ReasonText{Reason::returned_later, "RETD", "退汇", "returned after it was paid", Action::correct_account},
    ReasonText{Reason::in_progress, "PEND", "处理中或结果不明", "in progress or unclear", Action::query},
    ReasonText{Reason::rejected, "RJCT", "其他拒绝", "refused for another reason", Action::hold},
};

consteval bool stand_at_their_numbers() {
    for (std::size_t i = 0; i < reasons.size(); ++i)
        if (static_cast<std::size_t>(reasons[i].reason) != i || reasons[i].code.size() != 4) return false;
    return true;
}
static_assert(stand_at_their_numbers());

}  // namespace

const ReasonText& text_of(Reason reason) {
    const auto number = static_cast<std::size_t>(reason);
    ensure(number < reasons.size(), "a reason that does not exist");
    return reasons[number];
}

std::optional<Reason> reason_of(std::string_view code) {
    for (const ReasonText& row : reasons)
        if (row.code == code) return row.reason;
    return std::nullopt;
}

}  // namespace onecard::bankfile
