#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "desk.hpp"
#include "onecard/app/report.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/result.hpp"
#include "onecard/net/http.hpp"

/// What the ways into the service are made of: a table a topic (…_ways.cpp), joined in routes.cpp.
namespace onecard::cli {

/// A bank's certificate opens the banks' ways and no others. Every way is described in schemas/api/openapi.yaml, with the
/// roles that it is for; tests hold the two against each other.
enum class For : std::uint8_t { officers, banks, everyone };

struct Way {
    For who;
    std::string_view method;
    std::string_view pattern;
    net::Response (*handle)(Desk&, const app::Identity&, const net::Request&);
    std::uint64_t body_bytes_max = 64 * 1024;
    bool body_to_file = false;
    bool body_synced = true;
    std::uint8_t roles = 0xff;  ///< a bit a role, of those that `who` lets in
    bool ends_itself = false;   ///< its lists need no end of an export, or have one of their own

    /// The same for these roles alone, the use case behind it says so once more.
    template <class... Roles>
    constexpr Way by(Roles... allowed) const {
        Way way = *this;
        way.roles = static_cast<std::uint8_t>(((1U << static_cast<unsigned>(allowed)) | ...));
        return way;
    }
    /// What it writes as CSV, NDJSON or a workbook is either ended by itself or is no export: a sheet to be filled in.
    constexpr Way ending_itself() const {
        Way way = *this;
        way.ends_itself = true;
        return way;
    }
    constexpr bool is_for(app::Role role) const {
        const bool is_bank = role == app::Role::bank;
        return (who == For::everyone || is_bank == (who == For::banks)) &&
               ((roles >> static_cast<unsigned>(role)) & 1U) != 0;
    }
};

/// Every way of every topic, in the order of routes.cpp.
std::vector<Way> all_ways();

inline constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

/// The reasons that a report gives in the language that is asked for.
app::Report in_language_of(const net::Request& request, app::Report report);

std::span<const Way> api_ways();
std::span<const Way> office_ways();
std::span<const Way> planning_ways();
std::span<const Way> funds_ways();
std::span<const Way> ledger_ways();
std::span<const Way> audit_ways();
std::span<const Way> bank_ways();
std::span<const Way> channel_ways();
std::span<const Way> past_ways();
std::span<const Way> account_ways();
std::span<const Way> decision_ways();
std::span<const Way> statement_ways();

/// Thrown by the small readers below, so that a handler reads like its sentence.
struct Refused {
    Failure failure;
};

template <class T>
T must(Result<T> result) {
    if (!result) throw Refused{result.error()};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::int64_t number_of(const std::string& text, std::string_view what);

/// A body of one level: the only kind that this service takes.
using Flat = std::map<std::string, std::string>;
const std::string& member(const Flat& object, const std::string& key);
void only(const Flat& object, std::initializer_list<std::string_view> keys);

std::string query(const net::Request& request, const std::string& key, std::string otherwise);
RunNo run_no_of(const std::string& text);
RunNo run_of(const net::Request& request);
/// What is asked for, else all that the caller may see.
Region region_of(const net::Request& request, const app::Identity& by);
app::Language language_of(const net::Request& request);

std::string json_text(std::string_view text);
net::Response json(std::string body, int status = 200);
/// What the caller would rather have than JSON, by its Accept header.
enum class Form : std::uint8_t { json, text, csv, lines, workbook };
Form form_of(const net::Request& request);
/// As JSON; as a text for people, a workbook of all tables, or the first table as CSV or NDJSON for those who ask.
net::Response answer(const app::Report& report, const net::Request& request);
/// 201 with the report of what was made; 422 with all `faults` in a table under `title` where there are some.
net::Response answer_or_faults(app::Report report, app::Words title, const Faults& faults,
                               const net::Request& request);
/// A request with If-Match goes on only while `current` (the same thing, as GET answers it in JSON) has that entity tag.
/// Refuses as stale.
void must_match(const net::Request& request, const app::Report& current);
/// The entity tag of an answer, quoted.
std::string etag_of(std::string_view body);
std::string file_text(const std::filesystem::path& path);

}  // namespace onecard::cli
