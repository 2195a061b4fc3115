#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "onecard/core/identity.hpp"
#include "random.hpp"

namespace onecard::loadtest {

// About in the order of how common they are.
inline constexpr auto surnames = std::to_array<std::string_view>(
    {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡",   "朱",   "高",
     "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于",   "董",   "萧",
     "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋",   "蔡",   "贾",
     "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田",   "任",   "姜",
     "范", "方", "石", "姚", "谭", "廖", "邹", "熊", "金", "陆", "郝", "孔", "白",   "崔",   "康",
     "毛", "邱", "秦", "江", "史", "顾", "侯", "邵", "孟", "龙", "万", "段", "欧阳", "上官", "诸葛"});
inline constexpr auto men = std::to_array<std::string_view>(
    {"伟", "强", "军", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "华", "飞", "鑫", "波",
     "斌", "宇", "浩", "凯", "国", "建", "文", "志", "德", "福", "贵", "财", "山", "海", "林", "云",
     "春", "生", "根", "宝", "庆", "祥", "东", "新", "龙", "俊", "哲", "轩", "昊", "忠", "义", "礼"});
inline constexpr auto women = std::to_array<std::string_view>(
    {"芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "秀", "英", "玉", "兰", "凤", "洁", "梅", "琳",
     "燕", "红", "玲", "桂", "珍", "萍", "莲", "花", "香", "月", "翠", "菊", "琴", "素", "云", "雪",
     "荣", "爱", "芝", "淑", "慧", "巧", "美", "婷", "欣", "怡", "涵", "梓", "佳", "颖", "倩", "蕾"});
// In GBK, in four bytes of GB18030 only, or beyond the first plane: what banks stumble over (DOMAIN.md 4.4).
inline constexpr auto rare =
    std::to_array<std::string_view>({"㼆", "𬱖", "䶮", "頔", "龑", "堃", "喆", "㛃", "𫖯", "𠮷"});
inline constexpr auto minority_men =
    std::to_array<std::string_view>({"买买提", "阿卜杜拉", "艾合买提", "吐尔逊", "玉素甫", "努尔兰", "叶尔肯",
                                     "扎西", "次仁", "洛桑", "巴图", "阿依别克"});
inline constexpr auto minority_women =
    std::to_array<std::string_view>({"阿依古丽", "古丽娜尔", "热依汗", "帕提古丽", "阿曼古丽", "迪丽努尔",
                                     "卓玛", "央金", "德吉", "其其格", "萨仁", "玛依拉"});

/// A name that nobody in particular has. Of a hundred, one is a minority name with its separator or has a rare character.
inline void compose_name(Random& random, Sex sex, std::string_view family, std::string& out) {
    const bool is_man = sex == Sex::male;
    out.clear();
    if (random.chance(60)) {
        out = is_man ? random.one_of(minority_men) : random.one_of(minority_women);
        out += "·";
        out += random.one_of(minority_men);
        return;
    }
    // The smaller of two draws leans to the common ones.
    const std::int64_t place = std::min(random.below(surnames.size()), random.below(surnames.size()));
    out = family.empty() ? surnames[static_cast<std::size_t>(place)] : family;
    const auto given = [&] { return is_man ? random.one_of(men) : random.one_of(women); };
    if (random.chance(7'500)) out += given();
    out += random.chance(50) ? random.one_of(rare) : given();
}

/// The surname of a name made above; empty for a minority name.
inline std::string_view family_of(std::string_view name) {
    if (name.find("·") != std::string_view::npos) return {};
    for (const std::string_view twofold : {"欧阳", "上官", "诸葛"})
        if (name.starts_with(twofold)) return name.substr(0, twofold.size());
    std::size_t position = 0;
    next_code_point(name, position);
    return name.substr(0, position);
}

}  // namespace onecard::loadtest
