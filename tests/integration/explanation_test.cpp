#include "onecard/app/explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onecard/policy/builder.hpp"
#include "story.hpp"

/// An amount on the books is explained from the records alone, or the disagreement is said.
namespace onecard {
namespace {

using test::at;
using test::january;
using test::laoshan;
using testing::HasSubstr;

class Explaining : public test::StoryTest {
protected:
    Explaining() {
        policy::Book::Builder builder;
        const auto added =
            builder.add({.division = "370212",
                         .key = "dibao.rural",
                         .months = {.from = test::month(2022, 1)},
                         .input = "995.00",
                         .source = {.document = "青民字〔2022〕9号", .note = "S21", .place = {}}});
        EXPECT_TRUE(added);
        book = builder.build().canonical_text();
        put_register(100'00);
    }

    /// A household of one with an income.
    void put_register(std::int64_t income) {
        registry::RegisterFiles files;
        const registry::Recorded always{.months = {.from = test::month(2021, 1)}, .import = {}};
        files.households.push_back({laoshan(),
                                    {.no = HouseholdNo{12},
                                     .recorded = always,
                                     .area = registry::Area::rural,
                                     .village = 370212004201,
                                     .representative = PersonNo{31}}});
        files.persons.push_back({laoshan(),
                                 {.no = PersonNo{31},
                                  .household = HouseholdNo{12},
                                  .recorded = always,
                                  .born = Day::of(1960, 1, 1).value()}});
        files.identities.push_back(
            {laoshan(),
             {.no = PersonNo{31},
              .name = PersonName::parse("王芳").value(),
              .resident_id = ResidentId::parse("99010119600101004X", test::day(1)).value()}});
        files.incomes.push_back({laoshan(),
                                 {.household = HouseholdNo{12},
                                  .person = PersonNo{31},
                                  .item = 101,
                                  .recorded = always,
                                  .monthly = Money::of_fen(income)}});
        files.enrolments.push_back({laoshan(),
                                    {.household = HouseholdNo{12},
                                     .programme = Programme::dibao_rural,
                                     .recorded = always,
                                     .applied = Day::of(2020, 1, 1).value(),
                                     .confirmed = Day::of(2020, 2, 1).value()}});
        test::MirrorCipher cipher;
        story.work([&](app::Work& w) { w.registers().put_rows(files, ImportNo{1}, cipher); });
    }

    PaymentReference owed(std::int64_t fen, std::string_view recorded_book) {
        return story.work([&](app::Work& w) {
            w.runs().put_policy(test::digest_of(book), recorded_book);
            app::Run run;
            run.period = january();
            run.region = Region::parse("370212").value();
            run.known_at = ImportNo{1};
            run.policy = test::digest_of(book);
            run.made_by = "maker";
            run.made_at = at(1);
            app::Unit unit;
            unit.run = w.runs().put_run(run);
            unit.county = laoshan();
            unit.period = january();
            unit.part = w.runs().make_part(unit.run);
            w.runs().put_units({&unit, 1});
            payment::Payment payment;
            payment.part = unit.part;
            payment.county = laoshan();
            payment.serial = Serial{1};
            payment.programme = Programme::dibao_rural;
            payment.benefit_month = january();
            payment.beneficiary = 12;
            payment.payee = 31;
            payment.amount = Money::of_fen(fen);
            w.payments().put_payments(unit.part, {&payment, 1});
            w.runs().put_result(test::Story::result_of(unit, 1));
            w.runs().key_part(unit.part);
            return PaymentReference{laoshan(), january().number(), Serial{1}, 1};
        });
    }

    Result<app::Report> explain(const PaymentReference& reference, app::Language language,
                                app::Role role = app::Role::auditor, std::string_view region = "370212") {
        struct : app::FileVault {
            std::unique_ptr<Bundle> begin() override { return nullptr; }
            Kept look_at(const std::filesystem::path&) override { return {}; }
            void keep_file(const std::filesystem::path&, const Kept&) override {}
            std::optional<std::filesystem::path> find(const Digest&) override { return std::nullopt; }
        } vault;
        struct : app::SignatureVerifier {
            Result<app::Signer> verify_digest(const Digest&, std::string_view) override {
                return refuse(Fault::unknown, "not here");
            }
            Result<app::Signer> verify(std::string_view, std::string_view) override { return no(); }
            Result<app::Signer> verify_file(const std::filesystem::path&, std::string_view) override {
                return no();
            }
            Result<Attached> verify_attached(std::string_view) override { return no(); }
            static std::unexpected<Failure> no() { return refuse(Fault::tampered, "nothing is signed here"); }
        } verifier;
        const auto database = store::create_database(service_url(), 1);
        app::Tools tools{*database, vault, seal::sha256(), seal::sm3(), verifier, {}, {}};
        app::Identity by;
        by.name = "auditor";
        by.role = role;
        by.region = Region::parse(region).value();
        return app::explain_payment(tools, by, reference, language);
    }

    std::string book;
};

TEST_F(Explaining, TellsFactsValuesDocumentsAndStepsInBothLanguages) {
    const auto reference = owed(89'500, book);
    const auto english = explain(reference, app::Language::english);
    ASSERT_TRUE(english) << english.error().message();
    const std::string text = app::to_text(*english, app::Language::english);
    for (const char* part :
         {"895.00", "person 31: born on 1960-01-01", "青民字〔2022〕9号", "applied on 2020-01-01",
          "income item 101 wages and salaries of person 31: 100.00 yuan", "995.00 × 1 − 100.00 = 895.00 yuan",
          "rounded half up to fen"})
        EXPECT_THAT(text, HasSubstr(part));
    const auto chinese = explain(reference, app::Language::chinese);
    ASSERT_TRUE(chinese);
    EXPECT_THAT(app::to_text(*chinese, app::Language::chinese), HasSubstr("995.00 × 1 − 100.00 = 895.00 元"));
}

TEST_F(Explaining, RefusesLoudlyWhatTheRecordsDoNotGive) {
    const auto told = explain(owed(89'501, book), app::Language::english);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().fault, Fault::mismatch);
    EXPECT_THAT(told.error().text, HasSubstr("895.01 yuan to 31 is on the books, recomputing gives 895.00"));
}

TEST_F(Explaining, DoesNotTrustAPolicyTextThatIsNotWhatTheRunNames) {
    std::string other = book;
    other.replace(other.find("995"), 3, "996");
    const auto told = explain(owed(89'500, other), app::Language::english);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().fault, Fault::tampered);
}

TEST_F(Explaining, IsForOfficersOfTheRegionAndAuditors) {
    const auto reference = owed(89'500, book);
    EXPECT_EQ(explain(reference, app::Language::english, app::Role::bank).error().fault, Fault::forbidden);
    EXPECT_EQ(explain(reference, app::Language::english, app::Role::maker, "3703").error().fault,
              Fault::forbidden);
    EXPECT_EQ(explain({laoshan(), january().number(), Serial{2}, 1}, app::Language::english).error().fault,
              Fault::unknown);
}

}  // namespace
}  // namespace onecard
