#include "onecard/ops/policy_files.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "onecard/policy/builder.hpp"
#include "onecard/registry/income_items.hpp"

namespace onecard::ops {
namespace {

using policy::Book;

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t depth_max = 8;

/// Rules that list items of the register: a code that the register does not have would never match anything.
struct ItemRule {
    std::string_view key;
    bool are_expenses;  ///< else items of income
};
constexpr std::array item_rules{ItemRule{"dibao.excluded_income_items", false},
                                ItemRule{"dibao.deduct.items", true}};

/// Where a pack's amounts were read, by the tag that its notices name.
struct Publication {
    std::string address;
    bool used = false;
    toml::source_region region;
};

/// One *.toml file. Reading goes on after a fault, so that all of them are seen at once.
class PackFile {
public:
    PackFile(std::string name, Book::Builder& builder, Faults& faults)
        : name_{std::move(name)}, builder_{builder}, faults_{faults} {}

    ~PackFile() {
        // A table has lost the order of its keys; people look for faults from the top of the file.
        std::ranges::sort(found_, {},
                          [](const Found& one) { return std::tie(one.line, one.column, one.text); });
        for (Found& one : found_)
            faults_.push_back(
                {one.kind, fmt::format("{}:{}:{}", name_, one.line, one.column), std::move(one.text)});
    }
    PackFile(const PackFile&) = delete;
    PackFile& operator=(const PackFile&) = delete;

    void read(std::string_view text) {
        toml::table root;
        try {
            root = toml::parse(text, name_);
        } catch (const toml::parse_error& error) {
            return note(Fault::malformed, error.source(), std::string{error.description()});
        }
        refuse_others(root, "", {"division", "name", "sources", "notice"});
        if (const auto division = text_in(root, "", "division", true)) {
            if (const auto checked = policy::check_division(*division))
                division_ = *division;
            else
                fault(checked.error().fault, *root.get("division"), "division", checked.error().text);
        }
        (void)text_in(root, "", "name", true);
        if (const toml::table* sources = table_in(root, "", "sources", false)) read_sources(*sources);
        const toml::node* notices = root.get("notice");
        const toml::array* list = notices ? notices->as_array() : nullptr;
        if (!list || list->empty()) {
            fault(Fault::missing, notices ? *notices : root, "notice",
                  "a pack needs at least one [[notice]]");
            return;
        }
        for (const toml::node& notice : *list) {
            if (const toml::table* table = notice.as_table())
                read_notice(*table);
            else
                fault(Fault::malformed, notice, "notice", "is written [[notice]]");
        }
        for (const auto& [tag, publication] : sources_)
            if (!publication.used)
                note(Fault::unknown, publication.region,
                     fmt::format("sources.{}: no notice names this source", tag));
    }

private:
    struct Found {
        toml::source_index line;
        toml::source_index column;
        Fault kind;
        std::string text;
    };
    void note(Fault kind, const toml::source_region& region, std::string text) {
        const auto [line, column] = place_of(region);
        found_.push_back({line, column, kind, std::move(text)});
    }
    void fault(Fault kind, const toml::node& node, std::string_view key, std::string_view text) {
        note(kind, node.source(), fmt::format("{}: {}", key, text));
    }

    /// The root of an empty file stands nowhere.
    static std::pair<toml::source_index, toml::source_index> place_of(const toml::source_region& region) {
        return {std::max(region.begin.line, toml::source_index{1}),
                std::max(region.begin.column, toml::source_index{1})};
    }

    void refuse_others(const toml::table& table, std::string_view prefix,
                       std::initializer_list<std::string_view> known) {
        for (const auto& [key, node] : table)
            if (std::ranges::find(known, key.str()) == known.end())
                note(Fault::unknown, key.source(),
                     fmt::format("{}{}: there is no such key", prefix, key.str()));
    }

    std::optional<std::string> text_in(const toml::table& table, std::string_view prefix,
                                       std::string_view key, bool is_needed) {
        const toml::node* node = table.get(key);
        const std::string path = fmt::format("{}{}", prefix, key);
        if (!node) {
            if (is_needed) fault(Fault::missing, table, path, "is missing");
            return std::nullopt;
        }
        const auto text = node->value_exact<std::string>();
        if (!text || text->empty()) {
            fault(Fault::malformed, *node, path, "must be a text in quotes, not empty");
            return std::nullopt;
        }
        return text;
    }

    const toml::table* table_in(const toml::table& table, std::string_view prefix, std::string_view key,
                                bool is_needed) {
        const toml::node* node = table.get(key);
        const std::string path = fmt::format("{}{}", prefix, key);
        if (!node) {
            if (is_needed) fault(Fault::missing, table, path, "is missing");
            return nullptr;
        }
        if (!node->is_table()) fault(Fault::malformed, *node, path, "must be a table");
        return node->as_table();
    }

    std::optional<Month> month_in(const toml::table& table, std::string_view key, bool is_needed) {
        const auto text = text_in(table, "notice.", key, is_needed);
        if (!text) return std::nullopt;
        const auto month = Month::parse(*text);
        // "202201" is a month in files for machines; people read packs.
        if (!month || text->size() != 7) {
            fault(month ? Fault::malformed : month.error().fault, *table.get(key),
                  fmt::format("notice.{}", key), "must be a month like \"2022-01\"");
            return std::nullopt;
        }
        return *month;
    }

    std::optional<Day> day_in(const toml::table& table, std::string_view key) {
        const auto text = text_in(table, "notice.", key, false);
        if (!text) return std::nullopt;
        const auto day = Day::parse(*text);
        if (!day || text->size() != 10) {
            fault(day ? Fault::malformed : day.error().fault, *table.get(key), fmt::format("notice.{}", key),
                  "must be a day like \"2022-03-15\"");
            return std::nullopt;
        }
        return *day;
    }

    void read_sources(const toml::table& sources) {
        for (const auto& [tag, node] : sources) {
            const std::string path = fmt::format("sources.{}", tag.str());
            const auto address = node.value_exact<std::string>();
            if (!address || address->empty())
                fault(Fault::malformed, node, path, "must be the address in quotes");
            else
                sources_.emplace(tag.str(),
                                 Publication{.address = *address, .used = false, .region = tag.source()});
        }
    }

    void read_notice(const toml::table& notice) {
        refuse_others(notice, "notice.",
                      {"document", "source", "note", "published", "from", "until", "standards", "rules"});
        const auto document = text_in(notice, "notice.", "document", true);
        const auto tag = text_in(notice, "notice.", "source", true);
        const auto note = text_in(notice, "notice.", "note", false);
        const auto from = month_in(notice, "from", true);
        const auto until = month_in(notice, "until", false);
        const auto published = day_in(notice, "published");
        policy::Source source;
        if (document) source.document = *document;
        if (tag) {
            const auto found = sources_.find(*tag);
            if (found == sources_.end()) {
                fault(Fault::unknown, *notice.get("source"), "notice.source",
                      fmt::format("\"{}\" is not in [sources]", *tag));
            } else {
                found->second.used = true;
                source.note = fmt::format("{}: {}", *tag, found->second.address);
            }
        }
        if (note) source.note += (source.note.empty() ? "" : "; ") + *note;
        Months months{.from = from.value_or(Month{})};
        if (from && until) {
            if (*until < *from)
                fault(Fault::out_of_range, *notice.get("until"), "notice.until", "lies before notice.from");
            else
                months.to = until->next();
        }
        const toml::table* standards = table_in(notice, "notice.", "standards", false);
        const toml::table* rules = table_in(notice, "notice.", "rules", false);
        if (!notice.get("standards") && !notice.get("rules"))
            fault(Fault::missing, notice, "notice",
                  "sets nothing: it has neither [notice.standards] nor [notice.rules]");
        // A value whose month or document is unreadable is still checked for itself: its faults are to be seen now.
        const Notice head{.months = months,
                          .source = std::move(source),
                          .published = published.value_or(policy::always_known),
                          .is_whole = document && tag && from};
        if (standards) read_values(*standards, "", true, head, 0);
        if (rules) read_values(*rules, "", false, head, 0);
    }

    struct Notice {
        Months months;
        policy::Source source;
        Day published;
        bool is_whole;
    };

    /// Dotted keys and tables within tables are the same.
    void read_values(const toml::table& table, const std::string& prefix, bool are_standards,
                     const Notice& notice, std::size_t depth) {
        for (const auto& [key, node] : table) {
            const std::string path =
                prefix.empty() ? std::string{key.str()} : fmt::format("{}.{}", prefix, key.str());
            if (const toml::table* inner = node.as_table()) {
                if (depth < depth_max)
                    read_values(*inner, path, are_standards, notice, depth + 1);
                else
                    fault(Fault::malformed, node, path, "lies too deep");
            } else {
                read_value(path, key, node, are_standards, notice);
            }
        }
    }

    void read_value(const std::string& path, const toml::key& key, const toml::node& node, bool is_standard,
                    const Notice& notice) {
        const auto is_right = is_standard ? policy::is_standard_key(path) : policy::is_rule_key(path);
        if (!is_right) {
            const bool is_misplaced = policy::is_key(path);
            return note(Fault::unknown, key.source(),
                        fmt::format("{}: {}", path,
                                    !is_misplaced ? "there is no such key"
                                    : is_standard ? "is a rule: it belongs into [notice.rules]"
                                                  : "is an amount: it belongs into [notice.standards]"));
        }
        const auto input = input_of(node);
        if (!input) {
            fault(Fault::malformed, node, path,
                  node.is_floating_point()
                      ? "is a floating-point number; write amounts in yuan and in quotes: \"995.00\""
                      : "is not of a type that a policy value can have");
            return;
        }
        check_items(path, node);
        // What is wrong at the top is said there, once; the values are looked at all the same.
        if (!notice.is_whole || division_.empty()) {
            if (const auto checked = policy::check_value(path, *input); !checked)
                fault(checked.error().fault, node, path, checked.error().text);
            return;
        }
        Book::Builder::Setting setting{.division = division_,
                                       .key = path,
                                       .months = notice.months,
                                       .input = *input,
                                       .source = notice.source,
                                       .published = notice.published};
        const auto [line, column] = place_of(node.source());
        setting.source.place = fmt::format("{}:{}:{}", name_, line, column);
        if (const auto added = builder_.add(std::move(setting)); !added)
            fault(added.error().fault, node, path, added.error().text);
    }

    void check_items(const std::string& path, const toml::node& node) {
        const auto* const rule = std::ranges::find(item_rules, path, &ItemRule::key);
        if (rule == item_rules.end() || !node.is_array()) return;
        for (const toml::node& item : *node.as_array()) {
            const auto code = item.value_exact<std::int64_t>();
            if (!code) continue;  // Said with the list.
            const registry::IncomeItemText* const known = registry::register_item_of(*code);
            if (known == nullptr)
                fault(Fault::unknown, item, path,
                      fmt::format("{} is no item of the register (schemas/register.md)", *code));
            else if ((known->in_class == registry::IncomeClass::expense) != rule->are_expenses ||
                     known->in_class == registry::IncomeClass::elsewhere ||
                     known->in_class == registry::IncomeClass::supporter)
                fault(Fault::conflict, item, path,
                      fmt::format("{} ({}) is no item of {}", *code, known->english,
                                  rule->are_expenses ? "expense" : "income"));
        }
    }

    static std::optional<Book::Builder::Input> input_of(const toml::node& node) {
        if (const auto text = node.value_exact<std::string>()) return *text;
        if (const auto number = node.value_exact<std::int64_t>()) return *number;
        if (const auto yes = node.value_exact<bool>()) return *yes;
        const toml::array* list = node.as_array();
        if (!list) return std::nullopt;
        std::vector<std::int64_t> numbers;
        std::vector<std::string> texts;
        for (const toml::node& item : *list) {
            if (const auto number = item.value_exact<std::int64_t>())
                numbers.push_back(*number);
            else if (const auto text = item.value_exact<std::string>())
                texts.push_back(*text);
            else
                return std::nullopt;
        }
        if (texts.empty()) return numbers;
        if (!numbers.empty()) return std::nullopt;
        return texts;
    }

    std::string name_;
    Book::Builder& builder_;
    Faults& faults_;
    std::string division_;
    std::vector<Found> found_;
    std::map<std::string, Publication, std::less<>> sources_;
};

}  // namespace

LoadedBook load_policy_book(const std::filesystem::path& folder) {
    Book::Builder builder;
    Faults faults;
    // By name, so that faults come in the same order on every disk.
    std::set<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == ".toml" && entry->is_regular_file(error))
            files.insert(entry->path());
    if (error)
        faults.push_back({Fault::missing, folder.string(), "the folder cannot be read: " + error.message()});
    else if (files.empty())
        faults.push_back({Fault::missing, folder.string(), "there is no *.toml file in it"});
    for (const std::filesystem::path& path : files) {
        const std::string name = path.lexically_relative(folder).string();
        std::ifstream file{path, std::ios::binary};
        std::string text(file_bytes_max + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (!file.eof() || file.bad()) {
            faults.push_back({Fault::malformed, name,
                              file.is_open() && !file.bad() ? "is longer than 1 MiB" : "cannot be read"});
            continue;
        }
        text.resize(static_cast<std::size_t>(file.gcount()));
        PackFile{name, builder, faults}.read(text);
    }
    return {.book = builder.build(), .faults = std::move(faults)};
}

}  // namespace onecard::ops
