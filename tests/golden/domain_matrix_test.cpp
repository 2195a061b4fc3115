#include <gmock/gmock.h>

#include <array>

#include "onecard/entitlement/overlap.hpp"
#include "onecard/registry/income_items.hpp"
#include "support/entitlement_story.hpp"

/// The overlap matrix of DOMAIN 1.8 as it stands there: every cell is a case that is paid out, and a cell that has none
/// fails.
namespace onecard::entitlement::story {
namespace {

using testing::HasSubstr;

constexpr std::size_t columns = 8;
constexpr std::array<std::string_view, columns> column_names{
    "dibao", "tekun", "orphan", "unattended", "living", "nursing", "price-linked", "one-off"};
constexpr std::array kinds{Kind::dibao,      Kind::tekun,  Kind::orphan,
                           Kind::unattended, Kind::living, Kind::nursing};

/// Y both, N exclusive, G the child gets the gap, P not beside the full amount, beside a gap as the policy says, H the
/// higher, * as configured, n a subsidy alone gives none, - nothing to say.
struct MatrixRow {
    std::string_view name;
    std::string_view cells;
};
constexpr std::array matrix{
    //                      dibao tekun orphan unattended living nursing price one-off
    MatrixRow{"dibao", "-NNGYYYY"},       MatrixRow{"tekun", "N-NNNNYY"},
    MatrixRow{"orphan", "NN-NNYYY"},      MatrixRow{"unattended", "GNN-PYYY"},
    MatrixRow{"living", "YNNP-YnY"},      MatrixRow{"nursing", "YNYYY-nY"},
    MatrixRow{"work-injury", "YYYYNNYY"}, MatrixRow{"elder-care", "Y*--YH-Y"},
};
constexpr std::size_t elsewhere_from = kinds.size();

Programme one_of(Kind kind, ProgrammeArea not_of = ProgrammeArea::urban) {
    for (const ProgrammeText& row : programmes)
        if (row.kind == kind && row.area != not_of) return row.programme;
    broken("a kind without a programme");
}

/// A disabled child alone, with round standards of which each is another.
Story child() {
    Story story{plain_policy()};
    story.person(1, "2012-01-01").disability_level = 1;
    story.rules().price.cpi = 400;
    story.rules().one_off = yuan("100");
    return story;
}
void enrol(Story& story, Kind kind, ProgrammeArea not_of = ProgrammeArea::urban) {
    auto& enrolment = story.enrol(1, one_of(kind, not_of));
    if (kind == Kind::tekun) enrolment.ability = registry::Ability::self;
}
std::int64_t fen(Story& story, Kind kind) { return story.fen(1, one_of(kind)); }
std::int64_t alone(Kind kind) {
    Story story = child();
    enrol(story, kind);
    return fen(story, kind);
}
/// Both in either order of enrolment are the same story: rows are sorted.
Story with_both(Kind one, Kind other) {
    Story story = child();
    enrol(story, one);
    enrol(story, other);
    return story;
}

/// By the precedence of DOMAIN 1.8 (orphan > tekun > unattended > dibao), the subsidies last.
Kind kept_of(Kind one, Kind other) {
    constexpr std::array precedence{Kind::orphan, Kind::tekun,  Kind::unattended,
                                    Kind::dibao,  Kind::living, Kind::nursing};
    return std::ranges::find(precedence, one) < std::ranges::find(precedence, other) ? one : other;
}

void expect_both(Kind one, Kind other) {
    Story story = with_both(one, other);
    for (const Kind kind : {one, other}) {
        EXPECT_EQ(fen(story, kind), alone(kind)) << "in full, as if there were nothing else";
        EXPECT_EQ(story.refusal(1, one_of(kind)), nullptr);
    }
}

void expect_exclusive(Kind one, Kind other) {
    Story story = with_both(one, other);
    const Kind kept = kept_of(one, other);
    const Kind lost = kept == one ? other : one;
    EXPECT_EQ(fen(story, kept), alone(kept)) << "what is kept is not netted against the other";
    EXPECT_EQ(fen(story, lost), 0);
    const Refusal* refusal = story.refusal(1, one_of(lost));
    ASSERT_NE(refusal, nullptr);
    EXPECT_TRUE(refusal->is_error) << "somebody has to look";
    EXPECT_EQ(refusal->why.fault, Fault::conflict);
    EXPECT_THAT(refusal->why.place, HasSubstr("370212/2022-01/household 12/"));
    EXPECT_THAT(refusal->why.text, HasSubstr(text_of(one_of(kept)).code));
}

/// Of one kind there may be two programmes, of the two areas: the household's is kept.
void expect_one_of_each_area(Kind kind) {
    const Programme urban = one_of(kind, ProgrammeArea::rural);
    if (urban == one_of(kind)) {
        EXPECT_GT(alone(kind), 0) << "there is one programme of this kind";
        return;
    }
    Story story = child();
    enrol(story, kind);
    enrol(story, kind, ProgrammeArea::rural);
    EXPECT_EQ(fen(story, kind), alone(kind));
    EXPECT_EQ(story.fen(1, urban), 0);
    ASSERT_NE(story.refusal(1, urban), nullptr);
    EXPECT_TRUE(story.refusal(1, urban)->is_error);
}

void expect_gap() {
    Story story = with_both(Kind::unattended, Kind::dibao);
    const std::int64_t off = story.rules().standard(policy::Standard::dibao_rural)->amount.fen();
    EXPECT_EQ(fen(story, Kind::dibao), alone(Kind::dibao));
    EXPECT_EQ(fen(story, Kind::unattended), alone(Kind::unattended) - off);
    story.rules().unattended_on_dibao = policy::UnattendedOnDibao::full_amount;
    EXPECT_EQ(fen(story, Kind::unattended), alone(Kind::unattended));
}

void expect_living_beside_a_gap_only() {
    Story full = with_both(Kind::unattended, Kind::living);
    full.rules().unattended_gap_allows_living = true;
    EXPECT_EQ(fen(full, Kind::unattended), alone(Kind::unattended));
    EXPECT_EQ(fen(full, Kind::living), 0);
    ASSERT_NE(full.refusal(1, one_of(Kind::living)), nullptr);
    for (const bool is_allowed : {true, false}) {
        Story gap = with_both(Kind::unattended, Kind::living);
        enrol(gap, Kind::dibao);
        gap.rules().unattended_gap_allows_living = is_allowed;
        EXPECT_GT(fen(gap, Kind::unattended), 0);
        EXPECT_EQ(fen(gap, Kind::living), is_allowed ? alone(Kind::living) : 0);
    }
}

/// Paid on top of a programme, or of dibao beside what another office pays.
void expect_on_top(Kind kind, std::int16_t item, Programme on_top, bool is_owed) {
    Story story = child();
    enrol(story, kind);
    if (item != 0) story.income(1, item, "0.01");
    if (on_top == Programme::one_off)
        story.rules().one_off_covers.living = story.rules().one_off_covers.nursing = true;
    const std::int64_t base = story.rules().standard(policy::Standard::dibao_rural)->amount.fen();
    EXPECT_EQ(story.fen(1, on_top), !is_owed ? 0 : on_top == Programme::one_off ? 10'000 : base / 25);
    EXPECT_GT(fen(story, kind), 0);
}

Story with_item(Kind kind, std::int16_t item, std::int64_t amount) {
    Story story = child();
    enrol(story, kind);
    story.income(1, item, Money::of_fen(amount).yuan());
    return story;
}

void expect_elsewhere(char cell, Kind kind, std::int16_t item) {
    const std::int64_t own = alone(kind);
    for (const std::int64_t there : {own - 1, own, own + 1}) {
        Story story = with_item(kind, item, there);
        const bool is_paid = cell == 'Y' || cell == '*' || (cell == 'H' && there < own);
        EXPECT_EQ(fen(story, kind), is_paid ? own : 0) << there;
        const Refusal* refusal = story.refusal(1, one_of(kind));
        ASSERT_EQ(refusal == nullptr, is_paid) << there;
        if (!is_paid) EXPECT_EQ(refusal->is_error, cell == 'N') << there;
    }
    if (cell != '*') return;
    for (const auto& row : policy::elsewhere_overlaps) {
        const auto code = static_cast<std::int16_t>(registry::first_elsewhere_item +
                                                    static_cast<std::int16_t>(row.elsewhere));
        if (row.kind != kind || code != item) continue;
        Story story = with_item(kind, item, 1);
        story.rules().elsewhere[static_cast<std::size_t>(&row - policy::elsewhere_overlaps.data())] =
            Overlap::exclusive;
        EXPECT_EQ(fen(story, kind), 0) << "where a place says so";
        return;
    }
    ADD_FAILURE() << "nothing can be configured";
}

/// False where no case is known for the cell.
bool try_out(std::size_t row, std::size_t column, char cell) {
    const bool is_elsewhere = row >= elsewhere_from;
    const auto item = static_cast<std::int16_t>(registry::first_elsewhere_item + row - elsewhere_from);
    if (column >= kinds.size()) {
        const Programme on_top = column == kinds.size() ? Programme::price_subsidy : Programme::one_off;
        if (cell == '-') return true;
        if (cell != 'Y' && cell != 'n') return false;
        expect_on_top(is_elsewhere ? Kind::dibao : kinds[row], is_elsewhere ? item : std::int16_t{0}, on_top,
                      cell == 'Y');
        return true;
    }
    if (is_elsewhere) {
        if (cell == '-') {
            expect_elsewhere('Y', kinds[column], item);
            return true;
        }
        if (cell != 'Y' && cell != 'N' && cell != 'H' && cell != '*') return false;
        expect_elsewhere(cell, kinds[column], item);
        return true;
    }
    switch (cell) {
        case '-': expect_one_of_each_area(kinds[row]); return row == column;
        case 'Y': expect_both(kinds[row], kinds[column]); return true;
        case 'N': expect_exclusive(kinds[row], kinds[column]); return true;
        case 'G': expect_gap(); return kinds[row] == Kind::dibao || kinds[column] == Kind::dibao;
        case 'P': expect_living_beside_a_gap_only(); return true;
        default: return false;
    }
}

TEST(DomainMatrix, EveryCellIsPaidOutAsItStandsThere) {
    for (std::size_t row = 0; row < matrix.size(); ++row) {
        ASSERT_EQ(matrix[row].cells.size(), columns) << matrix[row].name;
        for (std::size_t column = 0; column < columns; ++column) {
            const char cell = matrix[row].cells[column];
            SCOPED_TRACE(std::string{matrix[row].name} + " and " + std::string{column_names[column]} + ": " +
                         cell);
            EXPECT_TRUE(try_out(row, column, cell)) << "no case for this cell";
        }
    }
}

TEST(DomainMatrix, SaysTheSameFromBothSides) {
    for (std::size_t row = 0; row < kinds.size(); ++row)
        for (std::size_t column = 0; column < kinds.size(); ++column)
            EXPECT_EQ(matrix[row].cells[column], matrix[column].cells[row]) << row << ' ' << column;
}

// A row or a kind that the table of the rules has and this matrix has not would be paid untested.
TEST(DomainMatrix, HasEveryRowOfTheRules) {
    static_assert(kinds.size() == policy::overlap_kinds);
    for (const OverlapRow& row : overlaps) {
        const auto one = std::ranges::find(kinds, row.kept) - kinds.begin();
        const auto other = std::ranges::find(kinds, row.other) - kinds.begin();
        ASSERT_LT(one, std::ssize(kinds));
        ASSERT_LT(other, std::ssize(kinds));
        const char cell = matrix[static_cast<std::size_t>(one)].cells[static_cast<std::size_t>(other)];
        EXPECT_EQ(cell, row.overlap == Overlap::together    ? 'Y'
                        : row.overlap == Overlap::exclusive ? 'N'
                        : row.overlap == Overlap::gap       ? 'G'
                                                            : 'P')
            << row.key;
    }
    for (const policy::ElsewhereRow& row : policy::elsewhere_overlaps)
        EXPECT_TRUE(std::ranges::find(kinds, row.kind) != kinds.end()) << row.key;
}

}  // namespace
}  // namespace onecard::entitlement::story
