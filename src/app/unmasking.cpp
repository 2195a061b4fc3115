#include "onecard/app/unmasking.hpp"

#include <fmt/format.h>

#include "written.hpp"

namespace onecard::app {

namespace {

constexpr std::size_t reason_bytes_max = 200;
/// Hexadecimal digits of the keyed digest: as the questions show it.
constexpr std::size_t pseudonym_digits = 16;

std::string pseudonym_of(std::string_view sealed) {
    std::string text;
    for (const char c : sealed.substr(0, pseudonym_digits / 2))
        text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

}  // namespace

Result<Report> unmask_person(Tools& tools, const Identity& by, County county, PersonNo person,
                             std::string_view reason, Moment now) {
    const std::string place = fmt::format("person {}/{}", county.text(), person.number());
    if (by.role != Role::auditor && by.role != Role::checker)
        return refuse(Fault::forbidden, "only auditors and checkers unmask a person", place);
    if (!by.region.covers(county)) return refuse(Fault::forbidden, "outside this officer's region", place);
    if (auto good = check_written(reason, reason_bytes_max, "a reason", place); !good)
        return std::unexpected{good.error()};
    auto work = tools.database.begin();
    const auto sealed = work->office().sealed_person(county, person);
    if (!sealed) return refuse(Fault::unknown, "there is no such person", place);
    const auto cipher = tools.make_cipher();
    const auto resident_id = cipher->open(sealed->resident_id);
    if (!resident_id) return std::unexpected{resident_id.error()};
    Report report{{"脱敏还原", "Unmasked"}, {}, {}};
    report.fields = {{"county", {"区划", "county"}, county.text()},
                     {"person", {"人员编号", "person"}, person.number()},
                     {"name", {"姓名", "name"}, sealed->name},
                     {"resident_id", {"身份证号", "resident ID"}, *resident_id},
                     {"person_pseudonym", {"化名", "pseudonym"}, pseudonym_of(sealed->resident_id)}};
    Table accounts{"accounts",
                   {"账户", "Accounts"},
                   {{"bank", {"银行", "bank"}},
                    {"holder", {"户名", "holder"}},
                    {"account", {"账号", "account"}},
                    {"account_pseudonym", {"化名", "pseudonym"}}},
                   {}};
    for (const SealedPerson::Account& one : sealed->accounts) {
        const auto account = cipher->open(one.account);
        if (!account) return std::unexpected{account.error()};
        accounts.rows.push_back(
            {std::int64_t{one.bank.number()}, one.holder, *account, pseudonym_of(one.account)});
    }
    report.tables.push_back(std::move(accounts));
    Unmasking record;
    record.county = county;
    record.person = person;
    record.reason = reason;
    record.officer = by.name;
    record.fingerprint = by.fingerprint;
    record.at = now;
    const std::int64_t no = work->office().put_unmasking(record);
    const Act act{"unmasked", county,
                  fmt::format("unmasked|{}|{}|{}|{}|{}|{}", no, county.text(), person.number(), by.name,
                              by.fingerprint.hex(), reason)};
    work->ledger().put_acts({&act, 1}, tools.log(), now);
    work->commit();
    return report;
}

}  // namespace onecard::app
