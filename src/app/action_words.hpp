#pragma once

#include <utility>

#include "onecard/app/report.hpp"
#include "onecard/bankfile/reason.hpp"

namespace onecard::app {

/// What has to happen next with a payment that came back.
inline Words words_of(bankfile::Action action) {
    switch (action) {
        case bankfile::Action::none: return {"无", "none"};
        case bankfile::Action::correct_account: return {"更正账户", "correct the account"};
        case bankfile::Action::hold: return {"暂缓并询问", "hold and ask"};
        case bankfile::Action::stop_and_review: return {"停发并复核资格", "stop and review eligibility"};
        case bankfile::Action::next_day: return {"次日重发", "again the next day"};
        case bankfile::Action::query: return {"向银行查询", "ask the bank"};
        case bankfile::Action::fix_and_resend: return {"修正文件后重发", "fix the file and send it again"};
    }
    std::unreachable();
}

}  // namespace onecard::app
