#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "story.hpp"

namespace onecard {
namespace {

using test::at;
using test::day;
using test::january;
using test::laoshan;
using test::licang;
using test::month;
using test::Story;
using testing::ElementsAre;
using testing::IsEmpty;

class RoundTrips : public test::StoryTest {};

registry::Recorded recorded(Month from, bool absent = false, Month to = Month::open_end()) {
    registry::Recorded recorded;
    recorded.months = {from, to};
    recorded.absent = absent;
    return recorded;
}

/// 䶮 (GB18030 two bytes), 𠅤 and 𬱖 (four bytes), a minority name with its dot, and what SQL might trip over.
constexpr std::string_view rare_name = "阿卜杜拉·热合曼䶮𠅤𬱖\\N'\";--";

template <class Row>
registry::RegisterFiles::In<Row> in(County county, Row row) {
    return {county, std::move(row), 2};
}

registry::RegisterFiles two_households() {
    registry::RegisterFiles files;
    for (const std::int64_t no : {12, 11}) {  // Not in order: the answer is.
        registry::Household household;
        household.no = HouseholdNo{no};
        household.recorded = recorded(month(2021, 12));
        household.area = no == 11 ? registry::Area::urban : registry::Area::rural;
        household.village = 370212001234;
        household.representative = PersonNo{no * 10};
        files.households.push_back(in(laoshan(), household));

        registry::Person person;
        person.no = PersonNo{no * 10};
        person.household = household.no;
        person.recorded = household.recorded;
        person.born = Day::of(1931, 2, 28).value();
        person.died = no == 11 ? Day{} : Day::of(2021, 12, 31).value();
        person.sex = Sex::male;
        person.disability_class = 7;
        person.disability_level = 1;
        person.seriously_ill = true;
        files.persons.push_back(in(laoshan(), person));
        registry::PersonIdentity identity;
        identity.no = person.no;
        identity.name = PersonName::parse("阿卜杜拉·热合曼䶮𠅤𬱖").value();
        identity.resident_id = ResidentId::parse("11010519491231002X", Day::of(2022, 1, 1).value()).value();
        files.identities.push_back(in(laoshan(), identity));

        registry::IncomeItem income;
        income.household = household.no;
        income.person = person.no;
        income.item = 401;
        income.recorded = household.recorded;
        income.monthly = Money::of_fen(-12'345);
        income.supporter_members = static_cast<std::uint8_t>(no);
        income.dependants = 7;
        files.incomes.push_back(in(laoshan(), income));

        registry::Enrolment enrolment;
        enrolment.household = household.no;
        enrolment.person = person.no;
        enrolment.programme = Programme::disability_nursing;
        enrolment.recorded = household.recorded;
        enrolment.applied = Day::of(2020, 2, 29).value();
        enrolment.confirmed = Day::of(2020, 3, 10).value();
        enrolment.setting = registry::Setting::central;
        enrolment.ability = registry::Ability::full;
        enrolment.payee = PersonNo{5};
        enrolment.institution = InstitutionNo{6};
        enrolment.grade = 3;
        enrolment.grace_reason = registry::GraceReason::placed;
        enrolment.end_reason = registry::EndReason::custody;
        enrolment.ended = Day::of(2022, 3, 4).value();
        enrolment.caregiver = PersonNo{77};
        files.enrolments.push_back(in(laoshan(), enrolment));

        registry::Account account;
        account.payee = person.no.number();
        account.recorded = household.recorded;
        account.bank = BankNo{2};
        account.account_kind = AccountKind::passbook;
        account.account = "6228480000000000019";
        account.holder = rare_name;
        files.accounts.push_back(in(laoshan(), account));
    }
    registry::Institution institution;
    institution.no = InstitutionNo{6};
    institution.recorded = recorded(month(2021, 12));
    institution.name = "崂山区敬老院";
    files.institutions.push_back(in(laoshan(), institution));
    return files;
}

/// Imports the files and returns the number.
ImportNo import(Story& story, const registry::RegisterFiles& files) {
    return story.work([&](app::Work& w) {
        test::MirrorCipher cipher;
        app::ImportRecord record;
        record.no = w.registers().begin_import();
        record.made_by = "maker";
        record.made_at = at(5);
        record.files = "households.csv 00ff 2";
        record.rows = 2;
        const std::vector<std::pair<County, std::int64_t>> counties{{laoshan(), 2}};
        w.registers().put_import(record, counties);
        w.registers().put_rows(files, record.no, cipher);
        return record.no;
    });
}

TEST_F(RoundTrips, ARegisterComesBackInOrderWithItsImport) {
    auto files = two_households();
    const ImportNo no = import(story, files);
    registry::Register found;
    story.work([&](app::Work& w) { w.registers().load_register(laoshan(), no, found); });
    const auto expected = [&](auto row) {
        row.recorded.import = no;
        return row;
    };
    EXPECT_EQ(found.county, laoshan());
    EXPECT_THAT(found.households,
                ElementsAre(expected(files.households[1].row), expected(files.households[0].row)));
    EXPECT_THAT(found.persons, ElementsAre(expected(files.persons[1].row), expected(files.persons[0].row)));
    EXPECT_THAT(found.incomes, ElementsAre(expected(files.incomes[1].row), expected(files.incomes[0].row)));
    EXPECT_THAT(found.enrolments,
                ElementsAre(expected(files.enrolments[1].row), expected(files.enrolments[0].row)));

    // Known before the import, or in another county: nothing, and what was there before is gone.
    story.work(
        [&](app::Work& w) { w.registers().load_register(laoshan(), ImportNo{no.number() - 1}, found); });
    EXPECT_THAT(found.households, IsEmpty());
    story.work([&](app::Work& w) { w.registers().load_register(licang(), no, found); });
    EXPECT_THAT(found.enrolments, IsEmpty());
}

TEST_F(RoundTrips, NamesAndNumbersOfPeopleAreStoredAsTheyMustBe) {
    import(story, two_households());
    test::Sql owner{owner_url()};
    EXPECT_EQ(owner.cell("select distinct name from person"), "阿卜杜拉·热合曼䶮𠅤𬱖");
    EXPECT_EQ(
        owner.cell(
            "select count(*) from person where position('110105' in encode(resident_id, 'escape')) > 0"),
        "0");
    EXPECT_EQ(
        owner.cell("select count(*) from account where position('622848' in encode(account, 'escape')) > 0"),
        "0");
    EXPECT_EQ(owner.cell("select name from institution"), "崂山区敬老院");
    // Equal values are found by their first 16 bytes.
    EXPECT_EQ(owner.cell("select count(distinct substr(resident_id, 1, 16)) from person"), "1");
}

TEST_F(RoundTrips, OfTheAccountsOfAPayeeTheNewestThatNamesTheMonthHolds) {
    auto files = two_households();
    const ImportNo first = import(story, files);
    registry::RegisterFiles changes;
    auto changed = files.accounts[0];  // payee 120: another account from February on
    changed.row.recorded = recorded(month(2022, 2));
    changed.row.account = "6228480000000000027";
    changes.accounts.push_back(changed);
    auto withdrawn = files.accounts[1];  // payee 110: none in January
    withdrawn.row.recorded = recorded(january(), true, month(2022, 2));
    changes.accounts.push_back(withdrawn);
    const ImportNo second = import(story, changes);

    const auto accounts = [&](ImportNo known_at, Month when) {
        std::vector<registry::Account> found(7);  // Its capacity is used again, its content is not.
        story.work([&](app::Work& w) { w.registers().load_accounts(laoshan(), known_at, when, found); });
        test::MirrorCipher cipher;
        std::string text;
        for (const auto& account : found)
            text +=
                std::to_string(account.payee) + ":" + cipher.open(account.account).value().substr(15) + " ";
        return text;
    };
    EXPECT_EQ(accounts(first, january()), "110:0019 120:0019 ");
    EXPECT_EQ(accounts(second, january()), "120:0019 ");
    EXPECT_EQ(accounts(second, month(2022, 2)), "110:0019 120:0027 ");
    EXPECT_EQ(accounts(second, month(2021, 11)), "");
    story.work([&](app::Work& w) {
        std::vector<registry::Account> found;
        w.registers().load_accounts(laoshan(), first, january(), found);
        ASSERT_EQ(found.size(), 2U);
        EXPECT_EQ(found[0].holder, rare_name);
        EXPECT_EQ(found[0].bank, BankNo{2});
        EXPECT_EQ(found[0].account_kind, AccountKind::passbook);
        EXPECT_EQ(found[0].recorded.import, first);
    });
}

TEST_F(RoundTrips, BanksAreAddedOnceAndNeverChanged) {
    const auto put = [&](std::vector<app::Bank> banks) {
        return story.work([&](app::Work& w) { return w.registers().put_banks(banks); });
    };
    EXPECT_TRUE(put({{BankNo{1}, "102100099996", "工商银行", "bank-1"},
                     {BankNo{3}, "104100000004", "中国银行", "bank-3"}}));
    const auto renamed = put({{BankNo{1}, "102100099996", "另一家", "bank-1"}});
    ASSERT_FALSE(renamed);
    EXPECT_EQ(renamed.error().fault, Fault::conflict);
    const auto same_certificate = put({{BankNo{4}, "105100000017", "建设银行", "bank-3"}});
    ASSERT_FALSE(same_certificate);
    EXPECT_EQ(same_certificate.error().fault, Fault::conflict);
    const auto banks = story.work([](app::Work& w) { return w.registers().banks(); });
    ASSERT_EQ(banks.size(), 3U);
    EXPECT_EQ(banks[2].name, "中国银行");
}

TEST_F(RoundTrips, PaymentsComeBackInSerialOrderBeforeTheirPartIsKeyedAndAfter) {
    const app::Unit unit = story.unit();
    auto payments = Story::payments_of(unit, 3000);
    payments[7].component = Component::care;
    payments[8].payee_kind = registry::PayeeKind::institution;
    payments[9].beneficiary = -1009;
    payments[10].amount = Money::of_fen(9'000'000'000'000'000);
    story.work([&](app::Work& w) {
        const std::span all{payments};
        w.payments().put_payments(unit.part, all.subspan(1000));  // The heap is not in order.
        w.payments().put_payments(unit.part, all.first(1000));
        w.runs().put_result(Story::result_of(unit, 3000));
    });
    const auto read = [&] {
        return story.work([&](app::Work& w) {
            std::vector<payment::Payment> found;
            w.payments().each_payment(unit.part, unit.county,
                                      [&](const payment::Payment& p) { found.push_back(p); });
            return found;
        });
    };
    EXPECT_TRUE(read() == payments);
    story.work([&](app::Work& w) {
        EXPECT_FALSE(w.runs().is_keyed(unit.part));
        w.runs().key_part(unit.part);
        w.runs().key_part(unit.part);
    });
    EXPECT_TRUE(read() == payments);
    EXPECT_TRUE(story.work([&](app::Work& w) { return w.runs().is_keyed(unit.part); }));
    test::Sql owner{owner_url()};
    EXPECT_EQ(owner.cell("select count(*) from payment"), "3000");
}

TEST_F(RoundTrips, PaymentsAreFoundByTheirReferences) {
    const app::Unit unit = story.computed(50);
    const auto reference = [&](std::int32_t serial, std::int16_t attempt = 1) {
        return PaymentReference{unit.county, unit.period.number(), Serial{serial}, attempt};
    };
    const auto found = story.work([&](app::Work& w) {
        const std::vector<PaymentReference> wanted{reference(50),
                                                   reference(3),
                                                   reference(3, 2),
                                                   reference(51),
                                                   {licang(), unit.period.number(), Serial{1}, 1}};
        return w.payments().find(wanted);
    });
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(std::min(found[0].serial, found[1].serial), Serial{3});
    EXPECT_EQ(std::max(found[0].serial, found[1].serial), Serial{50});
}

TEST_F(RoundTrips, ReadingMayStopInTheMiddleAndTheLineStaysGood) {
    const app::Unit unit = story.computed(20'000);
    auto work = story.begin();
    EXPECT_THROW(
        work->payments().each_payment(unit.part, unit.county,
                                      [](const payment::Payment&) { throw std::runtime_error{"enough"}; }),
        std::runtime_error);
    work.reset();
    EXPECT_EQ(story.work([](app::Work& w) { return w.registers().latest_import(); }), ImportNo{1});
}

TEST_F(RoundTrips, ABatchAndItsWayToTheBank) {
    const app::Unit unit = story.computed(4);
    const app::Batch batch = Story::batch_of(unit, 4);
    const auto same = [&](const app::Batch& found) {
        EXPECT_EQ(found.name(), batch.name());
        EXPECT_EQ(found.run, batch.run);
        EXPECT_EQ(found.part, batch.part);
        EXPECT_EQ(found.bank, batch.bank);
        EXPECT_EQ(found.programme, batch.programme);
        EXPECT_EQ(found.first_serial, batch.first_serial);
        EXPECT_EQ(found.lines, batch.lines);
        EXPECT_EQ(found.total, batch.total);
        EXPECT_EQ(found.file_id, batch.file_id);
        EXPECT_EQ(found.file_digest, batch.file_digest);
        EXPECT_EQ(found.file_bytes, batch.file_bytes);
        EXPECT_EQ(found.signature, batch.signature);
        EXPECT_EQ(found.lines_root, batch.lines_root);
    };
    story.work([&](app::Work& w) {
        const auto found = w.payments().batches(unit.run, unit.county);
        ASSERT_EQ(found.size(), 1U);
        same(found[0]);
        same(w.payments().batch_of_file(batch.file_id).value());
        EXPECT_FALSE(w.payments().batch_of_file("YKT' or 1=1"));
        EXPECT_EQ(w.runs().next_serial(unit.county, unit.period), Serial{5});
        EXPECT_EQ(w.runs().next_serial(licang(), unit.period), Serial{1});
        EXPECT_EQ(w.runs().next_batch(unit.county, unit.period), BatchNo{2});
        EXPECT_FALSE(w.runs().claim(unit.run, unit.county));
        same(w.ledger().all_batches().at(0));

        EXPECT_THAT(w.exchange().files_for(BankNo{1}, 0, 10), IsEmpty());
        w.exchange().put_dispatches(std::span{&batch, 1}, at(3));
        const auto files = w.exchange().files_for(BankNo{1}, 0, 10);
        ASSERT_EQ(files.size(), 1U);
        EXPECT_EQ(files[0].seq, 1);
        EXPECT_EQ(files[0].at, at(3));
        EXPECT_FALSE(files[0].accepted.has_value());
        same(files[0].batch);
        EXPECT_THAT(w.exchange().files_for(BankNo{1}, 1, 10), IsEmpty());
        EXPECT_THAT(w.exchange().files_for(BankNo{2}, 0, 10), IsEmpty());
        EXPECT_FALSE(w.exchange().file_for(BankNo{2}, batch.file_id));

        const app::DownloadRecord download{
            batch.county,    batch.period, batch.no, batch.file_id, test::digest_of("bank-1"),
            "10.0.0.1:4711", at(4)};
        w.exchange().put_downloads(std::vector{download, download});
        const app::ReceiptRecord first = Story::receipt_of(batch, true, at(5));
        const app::ReceiptRecord second = Story::receipt_of(batch, false, at(6));
        EXPECT_EQ(w.exchange().put_receipts(std::vector{first, second}), (std::vector<std::int16_t>{1, 0}));
        EXPECT_EQ(w.exchange().put_receipts(std::vector{second}), std::vector<std::int16_t>{0});
        EXPECT_EQ(w.exchange().file_for(BankNo{1}, batch.file_id).value().accepted, true);
    });
}

TEST_F(RoundTrips, ReturnFilesAreKeptOnceAndProcessedOnce) {
    const app::Unit unit = story.computed(4);
    app::ReturnFile file;
    file.bank = BankNo{1};
    file.name = "YKT3702122022010001.ret";
    file.digest = test::digest_of("bytes");
    file.bytes = 5;
    file.signature = std::string{"\0\1\xfe", 3};
    file.fingerprint = test::digest_of("bank-1");
    file.at = at(9);
    story.work([&](app::Work& w) {
        const std::int64_t no = w.exchange().put_return(file).value();
        EXPECT_FALSE(w.exchange().put_return(file));
        EXPECT_EQ(w.exchange().return_of_digest(BankNo{1}, file.digest).value().no, no);
        EXPECT_FALSE(w.exchange().return_of_digest(BankNo{2}, file.digest));
        const std::vector<Digest> digests{Digest{}, file.digest};
        const auto known = w.exchange().returns_of_digests(BankNo{1}, digests);
        ASSERT_EQ(known.size(), 1U);
        EXPECT_EQ(known[0].no, no);
        EXPECT_EQ(known[0].name, file.name);
        EXPECT_THAT(w.exchange().returns_of_digests(BankNo{2}, digests), IsEmpty());
        const auto waiting = w.exchange().unprocessed_returns();
        ASSERT_EQ(waiting.size(), 1U);
        EXPECT_EQ(waiting[0].no, no);
        EXPECT_EQ(waiting[0].digest, file.digest);
        EXPECT_THAT(w.exchange().unprocessed_returns(no), IsEmpty());
        EXPECT_EQ(w.exchange().find_return(BankNo{1}, file.name).value().no, no);
        EXPECT_EQ(w.exchange().find_return(BankNo{1}, file.name).value().signature, file.signature);
        EXPECT_FALSE(w.exchange().find_return(BankNo{2}, file.name));
        EXPECT_TRUE(w.exchange().claim_return(no));

        app::ReturnResult result;
        result.no = no;
        result.accepted = true;
        result.county = unit.county;
        result.period = unit.period;
        result.batch = BatchNo{1};
        result.paid = 3;
        result.paid_total = Money::of_fen(333);
        result.failed = 1;
        result.failed_total = Money::of_fen(44);
        result.in_progress = 2;
        result.breaks = 1;
        result.at = at(11);
        w.exchange().put_return_result(result);
        EXPECT_FALSE(w.exchange().claim_return(no));
        EXPECT_THAT(w.exchange().unprocessed_returns(), IsEmpty());
        const auto found = w.exchange().return_result(no).value();
        EXPECT_EQ(found.failed_total, result.failed_total);
        EXPECT_EQ(found.period, unit.period);
        EXPECT_EQ(found.at, result.at);
        const std::vector<recon::Break> breaks{{recon::BreakKind::unknown_reference, 7, "长款 YK…", {}, {}}};
        w.exchange().put_breaks(unit.county, BankNo{1}, no, breaks, at(11));
    });
    // A refused file may name no batch at all.
    story.work([&](app::Work& w) {
        file.name = "other.ret";
        file.digest = test::digest_of("other bytes");
        app::ReturnResult refused;
        refused.no = w.exchange().put_return(file).value();
        refused.reason = "line 1: no header";
        refused.at = at(12);
        w.exchange().put_return_result(refused);
        const auto found = w.exchange().return_result(refused.no).value();
        EXPECT_FALSE(found.accepted);
        EXPECT_EQ(found.reason, refused.reason);
        EXPECT_EQ(found.batch, BatchNo{});
    });
    // Other bytes under a known name are refused.
    file.digest = test::digest_of("third bytes");
    EXPECT_EQ(story.refusal([&](app::Work& w) { w.exchange().put_return(file); }),
              "return_file_bank_name_key");
}

TEST_F(RoundTrips, OutcomesAndFailuresAndWhatFollowsThem) {
    const app::Unit unit = story.computed(4);
    const std::int64_t no = story.return_file();
    story.work([&](app::Work& w) {
        const std::vector outcomes{Story::outcome(2, false), Story::outcome(1, true)};
        w.payments().put_outcomes(unit.part, unit.county, no, outcomes);
        const std::vector failures{Story::failure(unit, 2, no)};
        w.payments().put_failures(failures);
        EXPECT_THAT(
            w.payments().answered(Story::batch_of(unit, 4), 1, 4),
            ElementsAre(std::pair{1, recon::Known{recon::Standing::paid, bankfile::Reason::paid, no, false}},
                        std::pair{2, recon::Known{recon::Standing::failed, bankfile::Reason::account_closed,
                                                  no, false}}));
        EXPECT_THAT(w.payments().answered(Story::batch_of(unit, 4), 3, 4), IsEmpty());
    });
    const auto open = [&] {
        return story.work(
            [](app::Work& w) { return w.payments().open_failures(Region::parse("37").value()); });
    };
    ASSERT_EQ(open().size(), 1U);
    const app::OpenFailure found = open()[0];
    EXPECT_EQ(found.serial, Serial{2});
    EXPECT_EQ(found.reason, bankfile::Reason::account_closed);
    EXPECT_EQ(found.amount, Money::of_fen(10'001));
    EXPECT_EQ(found.payee, 1001);
    EXPECT_EQ(found.known_at, ImportNo{1});
    EXPECT_EQ(found.period(), january());
    EXPECT_EQ(found.value_day, day(5));

    story.key_outcomes(unit);
    const app::Unit again = story.planned(unit, 2, 2, 1, 2);
    EXPECT_EQ(open().size(), 1U) << "a plan is no attempt yet";
    story.work([&](app::Work& w) {
        w.payments().release_reissues(again.run, again.county);
        const auto lines = w.payments().reissue_lines(Story::batch_of(again, 1, 2));
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_EQ(lines[0].part, unit.part);
        EXPECT_EQ(lines[0].attempt, 2);
        EXPECT_THAT(w.payments().answered(Story::batch_of(again, 1, 2), 1, 1), IsEmpty());
    });
    EXPECT_THAT(open(), IsEmpty());
    story.answer(unit, 2, true, no, 2);
    story.work([&](app::Work& w) {
        EXPECT_THAT(w.payments().answered(Story::batch_of(again, 1, 2), 1, 1),
                    ElementsAre(std::pair{
                        1, recon::Known{recon::Standing::paid, bankfile::Reason::paid, no, false}}));
        std::string told;
        w.ledger().each_outcome(
            unit.part, [&](County county, std::int32_t return_no, const recon::Outcome& outcome) {
                EXPECT_EQ(county, unit.county);
                EXPECT_EQ(return_no, no);
                told += std::to_string(outcome.serial.number()) + (outcome.paid ? "+" : "-") + " ";
            });
        EXPECT_EQ(told, "1+ 2- 2+ ");
        EXPECT_THAT(w.ledger().parts(), ElementsAre(unit.part, again.part));
    });
}

TEST_F(RoundTrips, ARunAndItsUnits) {
    const app::Unit unit = story.unit();
    story.work([&](app::Work& w) {
        const auto run = w.runs().run(unit.run).value();
        EXPECT_EQ(run.period, january());
        EXPECT_EQ(run.region.text(), "3702");
        EXPECT_EQ(run.policy, test::digest_of("policy"));
        EXPECT_EQ(run.made_at, at(1));
        EXPECT_FALSE(w.runs().run(RunNo{99}));
        EXPECT_EQ(w.runs().runs().size(), 1U);
        EXPECT_TRUE(w.runs().claim(unit.run, unit.county));
        ASSERT_EQ(w.runs().units(unit.run).size(), 1U);
        EXPECT_FALSE(w.runs().units(unit.run)[0].result.has_value());

        auto result = Story::result_of(unit, 4);
        result.held = 1;
        result.refused = 2;
        w.runs().put_result(result);
        app::StepRecord step;
        step.run = unit.run;
        step.county = unit.county;
        step.digest = result.digest;
        step.officer = "maker";
        step.fingerprint = test::digest_of("maker");
        step.signature = "cms";
        step.at = at(3);
        w.runs().put_step(step);
        const auto state = w.runs().units(unit.run).at(0);
        EXPECT_EQ(state.result.value().digest, result.digest);
        EXPECT_EQ(state.result->held, 1);
        EXPECT_EQ(state.unit.estimate, 100);
        EXPECT_TRUE(state.took(app::Step::proposed));
        EXPECT_FALSE(state.took(app::Step::checked));
        EXPECT_FALSE(state.cancelled);

        const std::vector<app::RefusalRecord> refusals{
            {Programme::dibao_urban, HouseholdNo{1}, PersonNo{}, false, "370212/2022-01/1", "收入超过标准"},
            {Programme::orphan, HouseholdNo{2}, PersonNo{3}, true, "370212/2022-01/2", "no policy",
             "没有政策"}};
        w.runs().put_refusals(unit.run, unit.county, refusals);
        EXPECT_EQ(w.runs().refusals(unit.run, false, 10).size(), 2U);
        EXPECT_EQ(w.runs().refusals(unit.run, false, 1).size(), 1U);
        const auto errors = w.runs().refusals(unit.run, true, 10);
        EXPECT_EQ(errors.at(0).second.reason_chinese, "没有政策");
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors[0].second.reason, "no policy");
    });
    story.work([&](app::Work& w) {
        EXPECT_FALSE(w.runs().released_before(unit.county, month(2022, 2)));
        w.runs().put_fate(unit, true, at(4));
        EXPECT_EQ(w.runs().released_before(unit.county, month(2022, 2)).value().run, unit.run);
        EXPECT_FALSE(w.runs().released_before(unit.county, january()));
    });
}

TEST_F(RoundTrips, PlansLookAtTheLargestImportOfACounty) {
    import(story, two_households());
    const auto counties = story.work([](app::Work& w) {
        return w.registers().enrolments_by_county(Region::parse("3702").value(), ImportNo{2});
    });
    EXPECT_THAT(counties, ElementsAre(std::pair{laoshan(), std::int64_t{2}}));
    EXPECT_THAT(story.work([](app::Work& w) {
        return w.registers().enrolments_by_county(Region::parse("11").value(), ImportNo{2});
    }),
                IsEmpty());
}

}  // namespace
}  // namespace onecard
