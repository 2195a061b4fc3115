#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onecard/app/policies.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/entitlement/difference.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// The book that a run used, as it was recorded. Errors: tampered.
Result<policy::Book> book_of(const Tools& tools, Work& work, const Digest& policy, const std::string& place);

/// A past month as its own run computed it and as a later run computes it, to be told apart.
class MonthThenAndNow {
public:
    /// `facts` stays where it is as long as this does.
    static Result<std::unique_ptr<MonthThenAndNow>> open(const Tools& tools, Work& work, const Run& now,
                                                         const policy::Book& book_now, County county,
                                                         const registry::Register& facts, Month month);
    std::string first_difference(const Correction& correction, Language language) const;

private:
    std::string why_not_paid(const Correction& correction, Language language) const;
    std::string between_rules(const Correction& correction, Language language) const;

    policy::Book book_then_;
    policy::CountyPolicy policy_then_, policy_now_;
    registry::Snapshot facts_then_, facts_now_;
    std::unique_ptr<entitlement::History> history_then_, history_now_;
    std::vector<RefusalRecord> not_paid_then_;
};

}  // namespace onecard::app
