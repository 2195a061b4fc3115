#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

/// The items of family income: 8 classes, 25 items. The law names four kinds of income (民政部《最低生活保障审核确认
/// 办法》, 民发〔2021〕57号, articles 11 and 12, and what does not count as income); provinces list the items
/// (Heilongjiang: 8 classes, 25 items, none numbered). The numbers are this project's own.
namespace onecard::registry {

/// The 8 classes. The first five are income; the last three are what policies usually exclude.
enum class IncomeClass : std::uint8_t {
    wages,          ///< 工资性收入
    operating,      ///< 经营净收入
    property,       ///< 财产净收入
    transfers,      ///< 转移净收入
    other,          ///< 其他应当计入的收入
    honours,        ///< 优待抚恤和奖励
    welfare,        ///< 福利和救助
    reimbursement,  ///< 教育和医疗补助
    // Not income, yet of the same form, a monthly amount of a person or household:
    expense,    ///< 可扣减支出: taken off income where the policy says so
    elsewhere,  ///< 其他部门待遇: decides about programmes that exclude it, and is no income
    supporter,  ///< 赡养、抚养、扶养义务人家庭收入: maintenance is reckoned from it where the policy says so
};

struct IncomeItemText {
    std::int16_t code;
    IncomeClass in_class;
    std::string_view chinese;
    std::string_view english;
    /// What policies usually do. The policy of a county decides (`CountyPolicy::excluded_income_items`).
    bool usually_excluded;
};

/// Ascending by code. Never renumber: the codes are in files and in the database. A new item takes a free code.
inline constexpr std::array income_items{
    IncomeItemText{101, IncomeClass::wages, "工资薪金", "wages and salaries", false},
    IncomeItemText{102, IncomeClass::wages, "务工收入", "casual and migrant work", false},
    IncomeItemText{103, IncomeClass::wages, "其他劳动报酬", "other pay for work", false},
    IncomeItemText{201, IncomeClass::operating, "种植业净收入", "crop farming, net", false},
    IncomeItemText{202, IncomeClass::operating, "养殖、林、渔业净收入",
                   "livestock, forestry and fishery, net", false},
    IncomeItemText{203, IncomeClass::operating, "工商服务业净收入", "trade and services, net", false},
    IncomeItemText{301, IncomeClass::property, "房屋、土地租金和流转收入", "rent and transferred land use",
                   false},
    IncomeItemText{302, IncomeClass::property, "利息、股息和红利", "interest and dividends", false},
    IncomeItemText{303, IncomeClass::property, "集体经济分配收入", "shares in collective property", false},
    IncomeItemText{401, IncomeClass::transfers, "养老金", "pensions", false},
    IncomeItemText{402, IncomeClass::transfers, "赡养费、抚养费、扶养费",
                   "maintenance from relatives outside", false},
    IncomeItemText{403, IncomeClass::transfers, "失业、工伤等保险待遇",
                   "unemployment and other insurance benefits", false},
    IncomeItemText{404, IncomeClass::transfers, "惠农补贴", "farm support", false},
    IncomeItemText{405, IncomeClass::transfers, "接受赠与等经常性转移收入",
                   "regular gifts and other transfers", false},
    IncomeItemText{501, IncomeClass::other, "其他应当计入的收入", "other income that counts", false},
    IncomeItemText{901, IncomeClass::welfare, "残疾人两项补贴", "the two disability subsidies", true},
    IncomeItemText{902, IncomeClass::honours, "优待金和抚恤金",
                   "pensions of disabled soldiers and the bereaved", true},
    IncomeItemText{903, IncomeClass::welfare, "高龄津贴和养老服务补贴",
                   "age allowance and elder-care subsidies", true},
    IncomeItemText{904, IncomeClass::reimbursement, "奖学金、助学金", "scholarships and grants", true},
    IncomeItemText{905, IncomeClass::welfare, "临时救助和一次性补贴", "temporary relief and one-off aid",
                   true},
    IncomeItemText{906, IncomeClass::welfare, "社会救助金", "social assistance itself", true},
    IncomeItemText{907, IncomeClass::reimbursement, "医疗救助和医药费报销",
                   "medical aid and reimbursed treatment", true},
    IncomeItemText{908, IncomeClass::honours, "见义勇为等奖励金", "rewards for bravery and the like", true},
    IncomeItemText{909, IncomeClass::honours, "计划生育奖励扶助金", "family-planning support", true},
    IncomeItemText{910, IncomeClass::welfare, "价格临时补贴", "price-linked subsidy", true},
};

/// What else incomes.csv holds. Ascending by code; never renumber.
inline constexpr std::array other_items{
    IncomeItemText{601, IncomeClass::expense, "医疗自付支出", "medical treatment paid oneself", false},
    IncomeItemText{602, IncomeClass::expense, "教育支出", "education", false},
    IncomeItemText{603, IncomeClass::expense, "房租支出", "rent paid", false},
    IncomeItemText{604, IncomeClass::expense, "其他必要支出", "other necessary expenses", false},
    IncomeItemText{701, IncomeClass::supporter, "第一户赡养、抚养、扶养义务人家庭收入",
                   "household of the first legal supporter", false},
    IncomeItemText{702, IncomeClass::supporter, "第二户赡养、抚养、扶养义务人家庭收入",
                   "household of the second legal supporter", false},
    IncomeItemText{703, IncomeClass::supporter, "第三户赡养、抚养、扶养义务人家庭收入",
                   "household of the third legal supporter", false},
    IncomeItemText{704, IncomeClass::supporter, "第四户赡养、抚养、扶养义务人家庭收入",
                   "household of the fourth legal supporter", false},
    IncomeItemText{705, IncomeClass::supporter, "第五户赡养、抚养、扶养义务人家庭收入",
                   "household of the fifth legal supporter", false},
    IncomeItemText{706, IncomeClass::supporter, "第六户赡养、抚养、扶养义务人家庭收入",
                   "household of the sixth legal supporter", false},
    IncomeItemText{707, IncomeClass::supporter, "第七户赡养、抚养、扶养义务人家庭收入",
                   "household of the seventh legal supporter", false},
    IncomeItemText{708, IncomeClass::supporter, "第八户赡养、抚养、扶养义务人家庭收入",
                   "household of the eighth legal supporter", false},
    IncomeItemText{709, IncomeClass::supporter, "第九户赡养、抚养、扶养义务人家庭收入",
                   "household of the ninth legal supporter", false},
    IncomeItemText{801, IncomeClass::elsewhere, "工伤生活护理费", "nursing fee of work-injury insurance",
                   false},
    IncomeItemText{802, IncomeClass::elsewhere, "养老护理补贴", "elder-care nursing allowance", false},
    IncomeItemText{803, IncomeClass::elsewhere, "离休人员护理费", "nursing fee of retired cadres", false},
};
inline constexpr std::int16_t first_supporter_item = 701;
inline constexpr std::int16_t last_supporter_item = 709;
constexpr bool is_supporter_item(std::int64_t code) {
    return first_supporter_item <= code && code <= last_supporter_item;
}
inline constexpr int supporter_members_max = 50;
inline constexpr int dependants_max = 10;                  ///< the rules' sums are exact for up to so many
inline constexpr std::int16_t first_elsewhere_item = 801;  ///< in the order of policy::Elsewhere

/// nullptr for an unknown code.
constexpr const IncomeItemText* income_item_of(std::int64_t code) {
    const auto* item = std::ranges::lower_bound(
        income_items, code, {}, [](const IncomeItemText& row) { return std::int64_t{row.code}; });
    return item != income_items.end() && item->code == code ? item : nullptr;
}

/// An item of income or one of the others; nullptr for an unknown code.
constexpr const IncomeItemText* register_item_of(std::int64_t code) {
    if (const IncomeItemText* item = income_item_of(code)) return item;
    const auto* item = std::ranges::find(other_items, code,
                                         [](const IncomeItemText& row) { return std::int64_t{row.code}; });
    return item != other_items.end() ? item : nullptr;
}

static_assert(std::ranges::is_sorted(income_items, {}, &IncomeItemText::code));

}  // namespace onecard::registry
