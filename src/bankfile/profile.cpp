#include "onecard/bankfile/profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fields.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/core/programme.hpp"
#include "records.hpp"

namespace onecard::bankfile {

namespace {

struct SlotName {
    Slot slot;
    std::string_view name;
};
constexpr std::array slot_names{
    SlotName{Slot::constant, "constant"},
    SlotName{Slot::ignored, "ignored"},
    SlotName{Slot::file_id, "file_id"},
    SlotName{Slot::county, "county"},
    SlotName{Slot::bank_code, "bank_code"},
    SlotName{Slot::period, "period"},
    SlotName{Slot::function_code, "function_code"},
    SlotName{Slot::count, "count"},
    SlotName{Slot::total, "total"},
    SlotName{Slot::made_at, "made_at"},
    SlotName{Slot::value_day, "value_day"},
    SlotName{Slot::paid_count, "paid_count"},
    SlotName{Slot::paid_total, "paid_total"},
    SlotName{Slot::failed_count, "failed_count"},
    SlotName{Slot::failed_total, "failed_total"},
    SlotName{Slot::seq, "seq"},
    SlotName{Slot::payment, "payment"},
    SlotName{Slot::name, "name"},
    SlotName{Slot::account_kind, "account_kind"},
    SlotName{Slot::account, "account"},
    SlotName{Slot::amount, "amount"},
    SlotName{Slot::summary, "summary"},
    SlotName{Slot::remark, "remark"},
    SlotName{Slot::status, "status"},
    SlotName{Slot::code, "code"},
    SlotName{Slot::text, "text"},
    SlotName{Slot::bank_day, "bank_day"},
    SlotName{Slot::bank_reference, "bank_reference"},
    SlotName{Slot::statement_id, "statement_id"},
    SlotName{Slot::first_day, "first_day"},
    SlotName{Slot::last_day, "last_day"},
    SlotName{Slot::opening, "opening"},
    SlotName{Slot::closing, "closing"},
    SlotName{Slot::credits, "credits"},
    SlotName{Slot::debits, "debits"},
    SlotName{Slot::booking_day, "booking_day"},
    SlotName{Slot::direction, "direction"},
    SlotName{Slot::reference, "reference"},
    SlotName{Slot::made_day, "made_day"},
    SlotName{Slot::transit_account, "transit_account"},
    SlotName{Slot::balance, "balance"},
    SlotName{Slot::hash, "hash"},
};

constexpr std::size_t fields_max = 60;
constexpr std::int32_t day_minutes = 24 * 60;
constexpr std::int64_t china_offset_seconds = 8 * 3600;
constexpr std::int32_t days_looked_ahead_max = 60;

using Slots = std::initializer_list<Slot>;
constexpr Slots batch_header_slots{Slot::file_id,       Slot::county,         Slot::bank_code, Slot::period,
                                   Slot::function_code, Slot::count,          Slot::total,     Slot::made_at,
                                   Slot::made_day,      Slot::transit_account};
constexpr Slots batch_detail_slots{Slot::seq,          Slot::payment, Slot::name,
                                   Slot::account_kind, Slot::account, Slot::bank_code,
                                   Slot::amount,       Slot::summary, Slot::remark};
constexpr Slots return_header_slots{
    Slot::file_id,    Slot::county,     Slot::bank_code,    Slot::value_day,    Slot::count,  Slot::total,
    Slot::paid_count, Slot::paid_total, Slot::failed_count, Slot::failed_total, Slot::made_at};
constexpr Slots return_detail_slots{Slot::seq,    Slot::payment,  Slot::account,
                                    Slot::amount, Slot::status,   Slot::code,
                                    Slot::text,   Slot::bank_day, Slot::bank_reference};
constexpr Slots statement_header_slots{Slot::statement_id, Slot::account, Slot::bank_code, Slot::first_day,
                                       Slot::last_day,     Slot::opening, Slot::closing,   Slot::count,
                                       Slot::credits,      Slot::debits,  Slot::made_at};
constexpr Slots statement_detail_slots{Slot::seq,    Slot::booking_day, Slot::value_day,      Slot::direction,
                                       Slot::amount, Slot::reference,   Slot::bank_reference, Slot::code,
                                       Slot::text,   Slot::balance};

/// Where the templates' variables stand in a name.
struct Parts {
    std::string_view county, period, serial;
};
Parts parts_of(std::string_view file_id) {
    return {file_id.substr(3, 6), file_id.substr(9, 6), file_id.substr(15)};
}

std::string filled(std::string_view text, std::string_view file_id, std::string_view bank_code,
                   std::string_view round) {
    const Parts parts = parts_of(file_id);
    const std::array<std::pair<std::string_view, std::string_view>, 6> variables{{{"{file_id}", file_id},
                                                                                  {"{county}", parts.county},
                                                                                  {"{period}", parts.period},
                                                                                  {"{serial}", parts.serial},
                                                                                  {"{bank}", bank_code},
                                                                                  {"{round}", round}}};
    std::string name;
    while (!text.empty()) {
        const auto found =
            std::ranges::find_if(variables, [&](const auto& v) { return text.starts_with(v.first); });
        if (found == variables.end()) {
            name += text.front();
            text.remove_prefix(1);
        } else {
            name += found->second;
            text.remove_prefix(found->first.size());
        }
    }
    return name;
}

/// Reads a name by its template; variables are runs of digits but for the file id and the round.
bool unfilled(std::string_view text, std::string_view name, std::string_view bank_code, std::string& file_id,
              int& round) {
    std::string county, period, serial;
    const auto digits = [&](std::size_t least, std::size_t most, std::string& into) {
        std::size_t length = 0;
        while (length < name.size() && length < most && ykt::is_digit(name[length])) ++length;
        if (length < least) return false;
        into = name.substr(0, length);
        name.remove_prefix(length);
        return true;
    };
    round = 1;
    while (!text.empty()) {
        const std::size_t end = text.front() == '{' ? text.find('}') + 1 : 1;
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(end);
        std::string number;
        bool good = true;
        if (part == "{file_id}") {
            good = name.starts_with("YKT");
            if (good) name.remove_prefix(3);
            good = good && digits(16, 19, number);
            file_id = "YKT" + number;
        } else if (part == "{county}") {
            good = digits(6, 6, county);
        } else if (part == "{period}") {
            good = digits(6, 6, period);
        } else if (part == "{serial}") {
            good = digits(4, 7, serial);
        } else if (part == "{bank}") {
            good = name.starts_with(bank_code);
            if (good) name.remove_prefix(bank_code.size());
        } else if (part == "{round}") {
            // ".2" to ".999"; nothing for the first.
            if (name.starts_with('.') && name.size() > 1 && ykt::is_digit(name[1])) {
                name.remove_prefix(1);
                good = digits(1, 3, number) && number.front() != '0' && number != "1";
                if (good) round = std::stoi(number);
            }
        } else {
            good = name.starts_with(part);
            if (good) name.remove_prefix(part.size());
        }
        if (!good) return false;
    }
    if (file_id.empty()) file_id = fmt::format("YKT{}{}{}", county, period, serial);
    return name.empty() && ykt::is_file_id(file_id);
}

bool leads_back(std::string_view text) {
    const auto has = [&](std::string_view variable) { return text.find(variable) != std::string_view::npos; };
    return has("{file_id}") || (has("{county}") && has("{period}") && has("{serial}"));
}

/// Only what can be a file name everywhere, without a folder in it.
bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != '.' && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
               c == '_' || c == '-' || c == '{' || c == '}';
    });
}

class Examination {
public:
    explicit Examination(const Profile& profile) : profile_{profile} {}

    std::vector<std::string> faults() && {
        layout("batch", profile_.batch, batch_header_slots, batch_detail_slots,
               {Slot::file_id, Slot::bank_code, Slot::function_code, Slot::count, Slot::total, Slot::made_at},
               {Slot::seq, Slot::payment, Slot::name, Slot::account, Slot::account_kind, Slot::amount,
                Slot::summary});
        layout("return", profile_.answer, return_header_slots, return_detail_slots,
               {Slot::file_id, Slot::made_at},
               {Slot::seq, Slot::payment, Slot::account, Slot::amount, Slot::bank_day});
        if (profile_.answer.form != Form::ykt_text && !profile_.answer.detail.carries(Slot::status) &&
            !profile_.answer.detail.carries(Slot::code))
            say("return.detail needs status or code");
        if (profile_.statement.form != Form::camt)
            layout("statement", profile_.statement, statement_header_slots, statement_detail_slots,
                   {Slot::statement_id, Slot::account, Slot::first_day, Slot::last_day, Slot::made_at},
                   {Slot::seq, Slot::booking_day, Slot::value_day, Slot::direction, Slot::amount,
                    Slot::reference});
        codes();
        names();
        for (const WordList* words :
             {&profile_.status[0], &profile_.status[1], &profile_.status[2], &profile_.account_kind[0],
              &profile_.account_kind[1], &profile_.direction[0], &profile_.direction[1]})
            if (words->empty() || words->front().empty()) say("a list of words is empty");
        if (profile_.lines_per_file == 0 || profile_.lines_per_file > static_cast<std::size_t>(lines_max))
            say("lines_per_file must be 1 to 9999999");
        for (const ProgrammeText& programme : programmes)
            if (const auto memo = memo_fits(profile_, fmt::format("{}202412", programme.summary)); !memo)
                say(fmt::format("the memo of {} does not fit: {}", programme.code, memo.error().text));
        return std::move(faults_);
    }

private:
    void say(std::string text) { faults_.push_back(std::move(text)); }

    void layout(std::string_view name, const Layout& layout, Slots header, Slots detail,
                Slots needed_in_header, Slots needed_in_detail) {
        if (layout.form == Form::ykt_text) return;
        if (layout.form == Form::camt) return say(fmt::format("{}: camt is a form of statements", name));
        record(name, "header", layout, layout.header, header);
        record(name, "detail", layout, layout.detail, detail);
        record(name, "trailer", layout, layout.trailer, header);
        for (const Slot slot : needed_in_header)
            if (!layout.header.carries(slot) && !layout.trailer.carries(slot))
                say(fmt::format("{} needs «{}» in its header or trailer", name, name_of(slot)));
        for (const Slot slot : needed_in_detail)
            if (!layout.detail.carries(slot)) say(fmt::format("{}.detail needs «{}»", name, name_of(slot)));
        if (layout.form == Form::xml) {
            if (layout.root.empty()) say(fmt::format("{} needs the name of its root element", name));
            if (layout.detail.element.empty()) say(fmt::format("{}.detail needs an element", name));
            return;
        }
        if (layout.trailer.exists()) {
            const auto& fields = layout.detail.fields;
            const Field& tag = layout.trailer.fields.front();
            if (tag.slot != Slot::constant || tag.constant.empty() || fields.empty() ||
                fields.front().slot != Slot::constant || fields.front().constant.empty() ||
                fields.front().constant == tag.constant)
                say(fmt::format("{}: detail and trailer must begin with constants that differ", name));
        }
    }

    void record(std::string_view file, std::string_view name, const Layout& layout, const Record& record,
                Slots known) {
        if (record.fields.size() > fields_max)
            return say(fmt::format("{}.{} has more than {} fields", file, name, fields_max));
        for (std::size_t i = 0; i < record.fields.size(); ++i) {
            const Field& field = record.fields[i];
            const bool is_own = field.slot == Slot::constant || field.slot == Slot::ignored;
            const auto wrong = [&](std::string_view text) {
                say(fmt::format("{}.{}, field {} ({}): {}", file, name, i + 1, field.called(), text));
            };
            if (field.slot == Slot::hash) {
                if (name != "trailer" || layout.form == Form::xml) wrong("stands in a trailer line only");
            } else if (!is_own && std::ranges::find(known, field.slot) == known.end()) {
                wrong("is nothing that this record has");
            }
            if (!is_own)
                for (std::size_t j = 0; j < i; ++j)
                    if (record.fields[j].slot == field.slot) wrong("stands there twice");
            if (layout.form == Form::fixed && field.width == 0) wrong("needs its width in bytes");
            if (layout.form == Form::xml && field.element.empty()) wrong("needs its element");
            if (layout.form != Form::xml && !field.element.empty())
                wrong("has an element, but the file is no XML");
            if (layout.form == Form::fixed && field.align == Align::right && field.pad == '0' &&
                (field.slot == Slot::account || field.slot == Slot::payment))
                wrong("leading zeros belong to it: it cannot be filled up with them");
            if (field.pad < 0x20 || field.pad >= 0x40)
                wrong("can be filled up with a blank, a digit or a sign below '@'");
        }
    }

    void codes() {
        if (profile_.codes.empty()) return;
        for (std::size_t i = 0; i < profile_.codes.size(); ++i) {
            if (!ykt::is_printable(profile_.codes[i].code, 1, 16))
                say("a code has 1 to 16 printable ASCII characters");
            for (std::size_t j = 0; j < i; ++j)
                if (profile_.codes[j].code == profile_.codes[i].code)
                    say(fmt::format("the code «{}» stands there twice", profile_.codes[i].code));
        }
        for (std::uint8_t n = 0; n <= static_cast<std::uint8_t>(Reason::rejected); ++n)
            if (!profile_.bank_code_of(static_cast<Reason>(n)))
                say(fmt::format("no code for {}", text_of(static_cast<Reason>(n)).code));
    }

    void names() {
        for (const auto& [what, text] : {std::pair{"batch.file", std::string_view{profile_.batch_name}},
                                         std::pair{"return.file", std::string_view{profile_.return_name}}}) {
            if (!is_plain(text))
                say(fmt::format("{}: letters, digits, '.', '_', '-' and variables only", what));
            if (!leads_back(text))
                say(fmt::format("{} needs {{file_id}}, or {{county}}, {{period}} and {{serial}}", what));
        }
        if (profile_.return_name.find("{round}") == std::string::npos) say("return.file needs {round}");
        if (!faults_.empty()) return;
        constexpr std::string_view file_id = "YKT3702122022010001", bank_code = "313452000012";
        const auto batch = profile_.file_id_in(profile_.name_of_batch(file_id, bank_code), bank_code);
        if (batch != std::string{file_id}) say("batch.file does not lead back to the file");
        for (const int round : {1, 2, 11}) {
            const auto back =
                profile_.return_in(profile_.name_of_return(file_id, bank_code, round), bank_code);
            if (!back || back->file_id != file_id || back->round != round)
                say("return.file does not lead back to the file and its round");
        }
    }

    const Profile& profile_;
    std::vector<std::string> faults_;
};

Field of(Slot slot, std::size_t width = 0) {
    Field field;
    field.slot = slot;
    field.width = width;
    return field;
}
Field own(std::string_view text) {
    Field field;
    field.constant = text;
    return field;
}

Profile make_canonical() {
    Profile profile;
    profile.name = "ykt-txt";
    profile.title = "YKT-TXT 1.0";
    Layout& statement = profile.statement;
    statement.form = Form::delimited;
    statement.header.fields = {own("H"),           own("1.0"),          of(Slot::statement_id),
                               of(Slot::account),  of(Slot::bank_code), of(Slot::first_day),
                               of(Slot::last_day), of(Slot::opening),   of(Slot::closing),
                               of(Slot::count),    of(Slot::credits),   of(Slot::debits),
                               of(Slot::made_at)};
    statement.detail.fields = {own("D"),
                               of(Slot::seq, 7),
                               of(Slot::booking_day),
                               of(Slot::value_day),
                               of(Slot::direction),
                               of(Slot::amount),
                               of(Slot::reference),
                               of(Slot::bank_reference),
                               of(Slot::code),
                               of(Slot::text),
                               of(Slot::balance)};
    statement.trailer.fields = {own("T"), of(Slot::count), of(Slot::hash)};
    return profile;
}

std::int32_t china_days(Moment moment) { return moment.day_in_china().epoch_days(); }
Moment china_midnight(Day day) {
    return Moment::of_unix_seconds(std::int64_t{day.epoch_days()} * 86400 - china_offset_seconds);
}

}  // namespace

std::optional<Slot> slot_of(std::string_view name) {
    for (const SlotName& row : slot_names)
        if (row.name == name) return row.slot;
    return std::nullopt;
}

std::string_view name_of(Slot slot) {
    for (const SlotName& row : slot_names)
        if (row.slot == slot) return row.name;
    broken("a slot without a name");
}

std::string_view Field::called() const {
    if (slot != Slot::constant && slot != Slot::ignored) return name_of(slot);
    return element.empty() ? std::string_view{"constant"} : std::string_view{element};
}

bool Record::carries(Slot slot) const {
    return std::ranges::find(fields, slot, &Field::slot) != fields.end();
}

Action Profile::action_of(Reason reason) const {
    const auto found = std::ranges::find(actions, reason, &std::pair<Reason, Action>::first);
    return found == actions.end() ? text_of(reason).action : found->second;
}

std::string Profile::canonical_code(std::string_view bank_code) const {
    if (codes.empty()) return std::string{bank_code};
    const auto found = std::ranges::find(codes, bank_code, &BankCode::code);
    if (found != codes.end()) return std::string{text_of(found->reason).code};
    return fmt::format("?{}", bank_code.substr(0, 15));
}

std::optional<std::string_view> Profile::bank_code_of(Reason reason) const {
    if (codes.empty()) return text_of(reason).code;
    const auto found = std::ranges::find(codes, reason, &BankCode::reason);
    if (found == codes.end()) return std::nullopt;
    return found->code;
}

bool Profile::is_working(Day day) const {
    if (workdays.contains(day)) return true;
    if (holidays.contains(day)) return false;
    // 1970-01-01 was a Thursday.
    const int weekday = ((day.epoch_days() + 3) % 7 + 7) % 7;
    return weekday < 5;
}

Day Profile::counts_for(Moment released) const {
    Day day = released.day_in_china();
    const std::int64_t seconds = released.unix_seconds() - china_midnight(day).unix_seconds();
    if (is_working(day) && seconds <= std::int64_t{cut_off} * 60) return day;
    for (int i = 0; i < days_looked_ahead_max; ++i) {
        day = day.plus_days(1);
        if (is_working(day)) return day;
    }
    broken("a calendar without a working day within two months");
}

Moment Profile::after_working_minutes(Moment from, std::int32_t minutes) const {
    Day day = Day::of_epoch_days(china_days(from));
    std::int64_t left = std::int64_t{minutes} * 60;
    std::int64_t at = from.unix_seconds();
    for (int i = 0; i < days_looked_ahead_max + minutes / day_minutes; ++i) {
        const std::int64_t end = china_midnight(day.plus_days(1)).unix_seconds();
        if (is_working(day)) {
            if (at + left <= end) return Moment::of_unix_seconds(at + left);
            left -= end - at;
        }
        at = end;
        day = day.plus_days(1);
    }
    broken("a calendar without a working day within two months");
}

std::string Profile::name_of_batch(std::string_view file_id, std::string_view bank_code) const {
    return filled(batch_name, file_id, bank_code, {});
}

std::string Profile::name_of_return(std::string_view file_id, std::string_view bank_code, int round) const {
    return filled(return_name, file_id, bank_code, round == 1 ? std::string{} : fmt::format(".{}", round));
}

std::optional<std::string> Profile::file_id_in(std::string_view file_name, std::string_view bank_code) const {
    std::string file_id;
    int round = 1;
    if (!unfilled(batch_name, file_name, bank_code, file_id, round)) return std::nullopt;
    return file_id;
}

std::optional<Profile::ReturnName> Profile::return_in(std::string_view file_name,
                                                      std::string_view bank_code) const {
    ReturnName found;
    if (!unfilled(return_name, file_name, bank_code, found.file_id, found.round)) return std::nullopt;
    return found;
}

const Profile& canonical_profile() {
    static const Profile profile = make_canonical();
    return profile;
}

std::vector<std::string> faults_of(const Profile& profile) { return Examination{profile}.faults(); }

Result<void> fits(const Profile& profile, std::string_view name, std::size_t account_digits) {
    if (account_digits > profile.account_digits_max)
        return refuse(Fault::out_of_range,
                      fmt::format("the account has {} digits, this bank's files have place for {}",
                                  account_digits, profile.account_digits_max),
                      "account");
    std::string encoded;
    if (profile.batch.form == Form::ykt_text) return encode(name, Encoding::gb18030, encoded);
    const auto field = std::ranges::find(profile.batch.detail.fields, Slot::name, &Field::slot);
    ensure(field != profile.batch.detail.fields.end(), "a profile without a place for names");
    const std::size_t most = profile.batch.form == Form::fixed ? field->width : field->bytes_max;
    auto fitted = syntax::append_encoded(
        profile, name, profile.batch.form == Form::delimited ? profile.delimiter : '\0', most, encoded);
    if (!fitted)
        fitted.error().text =
            fmt::format("the name cannot stand in this bank's files: {}", fitted.error().text);
    if (!fitted) fitted.error().place = "name";
    return fitted;
}

Result<void> memo_fits(const Profile& profile, std::string_view summary) {
    std::string encoded;
    if (profile.batch.form == Form::ykt_text) return encode(summary, Encoding::gb18030, encoded);
    const auto field = std::ranges::find(profile.batch.detail.fields, Slot::summary, &Field::slot);
    if (field == profile.batch.detail.fields.end()) return {};
    const std::size_t most = profile.batch.form == Form::fixed ? field->width : field->bytes_max;
    return syntax::append_encoded(profile, summary, '\0', most, encoded);
}

}  // namespace onecard::bankfile
