#include "onecard/ops/bank_files.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>

namespace onecard::ops {

namespace {

using namespace bankfile;

constexpr std::size_t file_bytes_max = 1 << 20;

template <class Value>
using Choice = std::pair<std::string_view, Value>;

constexpr std::array encodings{Choice<Encoding>{"UTF-8", Encoding::utf8},
                               Choice<Encoding>{"GBK", Encoding::gbk},
                               Choice<Encoding>{"GB18030", Encoding::gb18030}};
constexpr std::array newlines{Choice<std::string_view>{"CRLF", "\r\n"}, Choice<std::string_view>{"LF", "\n"}};
constexpr std::array units{Choice<Unit>{"fen", Unit::fen}, Choice<Unit>{"yuan", Unit::yuan}};
constexpr std::array date_forms{Choice<Dates>{"digits", Dates::digits}, Choice<Dates>{"iso", Dates::iso}};
constexpr std::array signatures{Choice<SignatureKind>{"cms", SignatureKind::cms},
                                Choice<SignatureKind>{"sm2", SignatureKind::sm2}};
constexpr std::array forms{Choice<Form>{"ykt-txt", Form::ykt_text},
                           Choice<Form>{"delimited", Form::delimited}, Choice<Form>{"fixed", Form::fixed},
                           Choice<Form>{"xml", Form::xml}, Choice<Form>{"camt", Form::camt}};
constexpr std::array aligns{Choice<Align>{"left", Align::left}, Choice<Align>{"right", Align::right}};
constexpr std::array action_words{Choice<Action>{"none", Action::none},
                                  Choice<Action>{"correct-account", Action::correct_account},
                                  Choice<Action>{"hold", Action::hold},
                                  Choice<Action>{"stop-and-review", Action::stop_and_review},
                                  Choice<Action>{"next-day", Action::next_day},
                                  Choice<Action>{"query", Action::query},
                                  Choice<Action>{"fix-and-resend", Action::fix_and_resend}};

class ProfileFile {
public:
    explicit ProfileFile(std::string name) : name_{std::move(name)} {}

    LoadedProfile read(std::string_view text) {
        profile_ = canonical_profile();
        profile_.name = name_;
        toml::table root;
        try {
            root = toml::parse(text, name_);
            read_root(root);
        } catch (const toml::parse_error& error) {
            note(Fault::malformed, error.source(), std::string{error.description()});
        }
        if (found_.empty())
            for (std::string& fault : faults_of(profile_))
                found_.push_back({1, 1, Fault::conflict, std::move(fault)});
        std::ranges::sort(found_, {},
                          [](const Found& one) { return std::tie(one.line, one.column, one.text); });
        LoadedProfile loaded;
        for (Found& one : found_)
            loaded.faults.push_back(
                {one.kind, fmt::format("{}:{}:{}", name_, one.line, one.column), std::move(one.text)});
        loaded.profile = std::move(profile_);
        return loaded;
    }

private:
    struct Found {
        toml::source_index line, column;
        Fault kind;
        std::string text;
    };

    void note(Fault kind, const toml::source_region& region, std::string text) {
        found_.push_back({std::max(region.begin.line, toml::source_index{1}),
                          std::max(region.begin.column, toml::source_index{1}), kind, std::move(text)});
    }
    void fault(const toml::node& node, std::string_view key, std::string_view text) {
        note(Fault::malformed, node.source(), fmt::format("{}: {}", key, text));
    }

    void refuse_others(const toml::table& table, std::string_view prefix,
                       std::initializer_list<std::string_view> known) {
        for (const auto& [key, node] : table)
            if (std::ranges::find(known, key.str()) == known.end())
                note(Fault::unknown, key.source(),
                     fmt::format("{}{}: there is no such key", prefix, key.str()));
    }

    /// True when the key is there, is a text and was taken.
    bool text(const toml::table& table, std::string_view key, std::string& into) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return false;
        const auto value = node->value_exact<std::string>();
        if (!value) {
            fault(*node, key, "must be a text in quotes");
            return false;
        }
        into = *value;
        return true;
    }

    template <class Choices, class Value>
    void choice(const toml::table& table, std::string_view key, const Choices& choices, Value& into) {
        std::string word;
        if (!text(table, key, word)) return;
        const auto found =
            std::ranges::find(choices, std::string_view{word}, [](const auto& one) { return one.first; });
        if (found != choices.end()) {
            into = Value{found->second};
            return;
        }
        std::string all;
        for (const auto& one : choices) all += fmt::format("{}{}", all.empty() ? "" : ", ", one.first);
        fault(*table.get(key), key, fmt::format("must be one of {}", all));
    }

    template <class Number>
    void number(const toml::table& table, std::string_view key, std::int64_t low, std::int64_t high,
                Number& into) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        const auto value = node->value_exact<std::int64_t>();
        if (value && *value >= low && *value <= high)
            into = static_cast<Number>(*value);
        else
            fault(*node, key, fmt::format("must be a whole number from {} to {}", low, high));
    }

    void flag(const toml::table& table, std::string_view key, bool& into) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        if (const auto value = node->value_exact<bool>())
            into = *value;
        else
            fault(*node, key, "must be true or false");
    }

    const toml::table* table_in(const toml::table& root, std::string_view key) {
        const toml::node* node = root.get(key);
        if (node == nullptr) return nullptr;
        if (!node->is_table()) fault(*node, key, "must be a table");
        return node->as_table();
    }

    void read_root(const toml::table& root) {
        refuse_others(root, "",
                      {"title", "encoding", "newline", "delimiter", "amounts", "dates", "signature",
                       "lines_per_file", "account_digits", "sequence_numbers", "batch", "return", "statement",
                       "words", "codes", "actions", "calendar", "patience"});
        if (!text(root, "title", profile_.title) && root.get("title") == nullptr)
            note(Fault::missing, root.source(), "title: is missing");
        choice(root, "encoding", encodings, profile_.encoding);
        choice(root, "newline", newlines, profile_.newline);
        choice(root, "amounts", units, profile_.unit);
        choice(root, "dates", date_forms, profile_.dates);
        choice(root, "signature", signatures, profile_.signature);
        std::string delimiter;
        if (text(root, "delimiter", delimiter)) {
            if (delimiter.size() == 1 && delimiter.front() >= 0x20 && delimiter.front() < 0x7F)
                profile_.delimiter = delimiter.front();
            else
                fault(*root.get("delimiter"), "delimiter", "must be one printable ASCII character");
        }
        number(root, "lines_per_file", 1, 9'999'999, profile_.lines_per_file);
        number(root, "account_digits", 12, 30, profile_.account_digits_max);
        flag(root, "sequence_numbers", profile_.numbers_returns);
        if (const auto* table = table_in(root, "batch"))
            read_layout(*table, "batch.", profile_.batch, &profile_.batch_name);
        if (const auto* table = table_in(root, "return"))
            read_layout(*table, "return.", profile_.answer, &profile_.return_name);
        if (const auto* table = table_in(root, "statement"))
            read_layout(*table, "statement.", profile_.statement, nullptr);
        if (const auto* table = table_in(root, "words")) read_words(*table);
        if (const auto* table = table_in(root, "codes")) read_codes(*table);
        if (const auto* table = table_in(root, "actions")) read_actions(*table);
        if (const auto* table = table_in(root, "calendar")) read_calendar(*table);
        if (const auto* table = table_in(root, "patience")) {
            refuse_others(*table, "patience.", {"fetch_minutes", "receipt_minutes", "answer_minutes"});
            number(*table, "fetch_minutes", 0, 100'000, profile_.patience.fetch);
            number(*table, "receipt_minutes", 0, 100'000, profile_.patience.receipt);
            number(*table, "answer_minutes", 0, 100'000, profile_.patience.answer);
        }
    }

    void read_layout(const toml::table& table, std::string_view prefix, Layout& layout, std::string* file) {
        refuse_others(table, prefix,
                      {"file", "form", "root", "namespace", "others", "header_element", "detail_element",
                       "trailer_element", "header", "detail", "trailer"});
        if (file != nullptr)
            text(table, "file", *file);
        else if (const toml::node* node = table.get("file"))
            fault(*node, "file", "a statement goes by the bank's own name");
        Form form = Form::ykt_text;
        choice(table, "form", forms, form);
        if (form == Form::ykt_text) {
            for (const std::string_view key : {"header", "detail", "trailer", "root"})
                if (const toml::node* node = table.get(key))
                    fault(*node, key, "the canonical form has its own fields");
            return;
        }
        layout = {};
        layout.form = form;
        text(table, "root", layout.root);
        text(table, "namespace", layout.name_space);
        std::string others;
        if (text(table, "others", others)) {
            if (others != "ignored" && others != "refused")
                fault(*table.get("others"), "others", "must be one of ignored, refused");
            layout.ignores_others = others == "ignored";
        }
        for (auto& [name, record] : {std::pair<std::string, Record*>{"header", &layout.header},
                                     {"detail", &layout.detail},
                                     {"trailer", &layout.trailer}}) {
            text(table, name + "_element", record->element);
            read_fields(table, name, *record);
        }
    }

    void read_fields(const toml::table& table, std::string_view key, Record& record) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        const toml::array* list = node->as_array();
        if (list == nullptr) return fault(*node, key, "must be a list of fields");
        for (const toml::node& element : *list) {
            const toml::table* one = element.as_table();
            if (one == nullptr) {
                fault(element, key, "a field is written { field = \"name\", width = 60 }");
                continue;
            }
            record.fields.push_back(read_field(*one));
        }
    }

    Field read_field(const toml::table& table) {
        refuse_others(table, "field ",
                      {"field", "constant", "ignored", "element", "width", "align", "pad", "bytes",
                       "optional", "datetime"});
        Field field;
        std::string name, pad;
        const int kinds = (table.get("field") != nullptr) + (table.get("constant") != nullptr) +
                          (table.get("ignored") != nullptr);
        if (kinds != 1) fault(table, "field", "needs one of «field», «constant» and «ignored»");
        if (text(table, "field", name)) {
            const auto slot = slot_of(name);
            if (!slot || *slot == Slot::constant || *slot == Slot::ignored)
                fault(*table.get("field"), "field", fmt::format("there is no «{}»", name));
            else
                field.slot = *slot;
        }
        if (text(table, "constant", field.constant)) field.slot = Slot::constant;
        if (text(table, "ignored", field.constant)) field.slot = Slot::ignored;
        text(table, "element", field.element);
        number(table, "width", 1, 4000, field.width);
        number(table, "bytes", 1, 4000, field.bytes_max);
        choice(table, "align", aligns, field.align);
        flag(table, "optional", field.optional);
        flag(table, "datetime", field.is_datetime);
        if (text(table, "pad", pad)) {
            if (pad.size() == 1)
                field.pad = pad.front();
            else
                fault(*table.get("pad"), "pad", "must be one character");
        }
        return field;
    }

    bool texts(const toml::node& node, std::string_view key, WordList& into) {
        const toml::array* list = node.as_array();
        into.clear();
        if (list != nullptr)
            for (const toml::node& one : *list)
                if (const auto value = one.value_exact<std::string>()) into.push_back(*value);
        if (list != nullptr && into.size() == list->size() && !into.empty()) return true;
        fault(node, key, "must be a list of texts in quotes");
        return false;
    }

    void read_words(const toml::table& table) {
        const std::array<std::pair<std::string_view, WordList*>, 7> lists{
            {{"paid", &profile_.status[0]},
             {"failed", &profile_.status[1]},
             {"in_progress", &profile_.status[2]},
             {"passbook", &profile_.account_kind[0]},
             {"card", &profile_.account_kind[1]},
             {"credit", &profile_.direction[0]},
             {"debit", &profile_.direction[1]}}};
        refuse_others(table, "words.",
                      {"paid", "failed", "in_progress", "passbook", "card", "credit", "debit"});
        for (const auto& [key, words] : lists)
            if (const toml::node* node = table.get(key)) texts(*node, key, *words);
    }

    void read_codes(const toml::table& table) {
        profile_.codes.clear();
        for (const auto& [key, node] : table) {
            const auto reason = reason_of(key.str());
            if (!reason) {
                note(Fault::unknown, key.source(),
                     fmt::format("codes.{}: is no canonical reason", key.str()));
                continue;
            }
            WordList own;
            if (!texts(node, key.str(), own)) continue;
            for (std::string& code : own) profile_.codes.push_back({std::move(code), *reason});
        }
    }

    void read_actions(const toml::table& table) {
        profile_.actions.clear();
        for (const auto& [key, node] : table) {
            const auto reason = reason_of(key.str());
            if (!reason) {
                note(Fault::unknown, key.source(),
                     fmt::format("actions.{}: is no canonical reason", key.str()));
                continue;
            }
            Action action = Action::hold;
            choice(table, key.str(), action_words, action);
            profile_.actions.emplace_back(*reason, action);
        }
    }

    void read_calendar(const toml::table& table) {
        refuse_others(table, "calendar.", {"cut_off", "holidays", "workdays"});
        std::string cut_off;
        if (text(table, "cut_off", cut_off)) {
            const bool is_time =
                cut_off.size() == 5 && cut_off[2] == ':' && cut_off >= "00:00" && cut_off <= "23:59" &&
                cut_off.find_first_not_of("0123456789:") == std::string::npos && cut_off[3] <= '5';
            if (is_time)
                profile_.cut_off = std::stoi(cut_off.substr(0, 2)) * 60 + std::stoi(cut_off.substr(3));
            else
                fault(*table.get("cut_off"), "cut_off", "must be a time like \"16:30\"");
        }
        for (auto& [key, days] : {std::pair<std::string_view, std::set<Day>*>{"holidays", &profile_.holidays},
                                  {"workdays", &profile_.workdays}}) {
            const toml::node* node = table.get(key);
            if (node == nullptr) continue;
            days->clear();
            const toml::array* list = node->as_array();
            if (list == nullptr) {
                fault(*node, key, "must be a list of days");
                continue;
            }
            for (const toml::node& one : *list) {
                const auto day = Day::parse(one.value_exact<std::string>().value_or(""));
                if (day)
                    days->insert(*day);
                else
                    fault(one, key, "must be a day like \"2024-10-01\"");
            }
        }
    }

    std::string name_;
    Profile profile_;
    std::vector<Found> found_;
};

}  // namespace

LoadedProfile read_bank_profile(std::string_view text, const std::string& name) {
    return ProfileFile{name}.read(text);
}

LoadedProfiles load_bank_profiles(const std::filesystem::path& folder) {
    LoadedProfiles loaded;
    std::set<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == ".toml" && entry->is_regular_file(error))
            files.insert(entry->path());
    if (error) {
        loaded.faults.push_back(
            {Fault::missing, folder.string(), "the folder cannot be read: " + error.message()});
        return loaded;
    }
    for (const std::filesystem::path& path : files) {
        std::ifstream in{path, std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        const std::string name = path.filename().string();
        if (!in.eof() && in.fail() && text.empty()) {
            loaded.faults.push_back({Fault::missing, name, "cannot be read"});
            continue;
        }
        if (text.size() > file_bytes_max) {
            loaded.faults.push_back({Fault::out_of_range, name, "is longer than 1 MiB"});
            continue;
        }
        LoadedProfile one = read_bank_profile(text, name);
        const std::string key = path.stem().string();
        one.profile.name = key;
        std::ranges::move(one.faults, std::back_inserter(loaded.faults));
        loaded.profiles.emplace(key, BankProfileFile{std::move(one.profile), std::move(text)});
    }
    return loaded;
}

}  // namespace onecard::ops
