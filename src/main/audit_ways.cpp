#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>

#include "export_ends.hpp"
#include "onecard/app/packet.hpp"
#include "onecard/app/proofs.hpp"
#include "onecard/app/questions.hpp"
#include "onecard/app/unmasking.hpp"
#include "onecard/ops/workbook.hpp"
#include "onecard/seal/hashes.hpp"
#include "ways.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

Response packet(Desk& desk, const app::Identity& by, const Request& request) {
    app::PacketWish wish;
    wish.payment = must(PaymentReference::parse(request.parameters.at("reference")));
    wish.whole_files = query(request, "files", "false") == "true";
    wish.authorities = file_text(desk.places.authorities);
    if (std::filesystem::exists(desk.places.national_authorities))
        wish.authorities += file_text(desk.places.national_authorities);
    Response response;
    response.content_type = "application/octet-stream";
    response.body = must(app::make_packet(desk.tools(), desk.ledger_key(), by, wish, now()));
    return response;
}

Response inclusion(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(app::prove_inclusion(desk.tools(), by, number_of(query(request, "position", "0"), "position"),
                                  number_of(query(request, "size", "0"), "size"))),
        request);
}

Response consistency(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(app::prove_consistency(desk.tools(), by, number_of(query(request, "from", "0"), "from"),
                                    number_of(query(request, "to", "0"), "to"))),
        request);
}

Response list_questions(Desk&, const app::Identity&, const Request& request) {
    return answer(app::list_questions(), request);
}

/// A file that goes away with the answer that sends it: the rows of a long answer are there, not in memory, and neither a
/// transaction nor a connection waits for whoever reads slowly.
class Spool {
public:
    explicit Spool(std::filesystem::path path) : path_{std::move(path)}, out_{path_, std::ios::binary} {}
    ~Spool() {
        std::error_code nothing;
        std::filesystem::remove(path_, nothing);
    }
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    void put(std::string_view bytes) {
        hash_->update(bytes_of(bytes));
        out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    /// Of what was put since the last time.
    Digest digest() { return hash_->finish(); }
    std::function<bool(std::string&)> stream() {
        out_.close();
        if (!out_) throw std::runtime_error{"an answer cannot be written to the disk"};
        return stream_of(path_);
    }
    /// The pieces of a file, which is gone from its folder from here on.
    static std::function<bool(std::string&)> stream_of(const std::filesystem::path& path) {
        auto in = std::make_shared<std::ifstream>(path, std::ios::binary);
        std::error_code nothing;
        std::filesystem::remove(path, nothing);
        if (!*in) throw std::runtime_error{"an answer cannot be read from the disk"};
        return [in](std::string& piece) {
            piece.resize(piece_bytes);
            in->read(piece.data(), static_cast<std::streamsize>(piece.size()));
            piece.resize(static_cast<std::size_t>(in->gcount()));
            return in->good();
        };
    }

private:
    static constexpr std::size_t piece_bytes = std::size_t{256} * 1024;
    std::filesystem::path path_;
    std::ofstream out_;
    std::unique_ptr<StreamHash> hash_ = seal::sha256().stream();
};

std::filesystem::path spool_path(Desk& desk) {
    static std::atomic<std::uint64_t> number{0};
    return desk.places.incoming / fmt::format("answer-{}-{}", ::getpid(), ++number);
}

Form wanted_form(const Request& request) {
    const std::string form = query(request, "form", "");
    if (form.empty()) return form_of(request);
    if (form == "csv") return Form::csv;
    if (form == "ndjson") return Form::lines;
    if (form == "xlsx") return Form::workbook;
    if (form == "json") return Form::json;
    throw Refused{{Fault::unknown, "form", "an answer is csv, ndjson, xlsx or json"}};
}

/// CSV, NDJSON or a workbook: row by row from the database to a file and from there to whoever asks, with its digest and the
/// newest checkpoint at its end (schemas/exports.md).
Response long_answer(Desk& desk, const app::Identity& by, const Request& request,
                     const std::map<std::string, std::string>& given, Form form) {
    Spool spool{spool_path(desk)};
    std::unique_ptr<ops::WorkbookStream> book;
    const auto rows = [&](const app::Table& piece) {
        std::string text;
        if (form == Form::lines)
            app::append_json_lines(text, piece);
        else
            app::append_csv(text, piece);
        spool.put(text);
        if (book) book->put(piece);
    };
    must(app::stream_question(
        desk.tools(), by, region_of(request, by), request.parameters.at("question"), given, now(),
        [&](const app::Report& head) {
            if (form == Form::workbook)
                book =
                    std::make_unique<ops::WorkbookStream>(desk.places.incoming, head, language_of(request));
            if (form != Form::lines) spool.put(byte_order_mark);
            if (form != Form::lines) spool.put(app::csv_heading(head.tables.front()));
        },
        rows));
    const app::ExportProof proof = app::export_proof(desk.tools(), spool.digest());
    Response response;
    response.headers["Vary"] = "Accept, Accept-Language";
    switch (form) {
        case Form::workbook:
            response.content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            response.headers["Content-Disposition"] =
                fmt::format("attachment; filename=\"{}.xlsx\"", request.parameters.at("question"));
            response.stream = Spool::stream_of(
                book->finish({{"sha256_of_csv", {"CSV 摘要", "sha256 of the rows as CSV"}, proof.sha256},
                              {"checkpoint", {"检查点", "checkpoint"}, proof.checkpoint}}));
            return response;
        case Form::lines:
            response.content_type = "application/x-ndjson";
            spool.put(last_line(proof));
            break;
        case Form::csv:
            response.content_type = "text/csv; charset=utf-8";
            spool.put(app::proof_lines(proof, "#"));
            break;
        case Form::json:
        case Form::text: break;
    }
    response.stream = spool.stream();
    return response;
}

Response ask(Desk& desk, const app::Identity& by, const Request& request) {
    std::map<std::string, std::string> given{request.query.begin(), request.query.end()};
    for (const char* const name : {"region", "lang", "form"}) given.erase(name);
    const Form form = wanted_form(request);
    if (form != Form::json && form != Form::text) return long_answer(desk, by, request, given, form);
    return answer(must(app::ask_question(desk.tools(), by, region_of(request, by),
                                         request.parameters.at("question"), given, now())),
                  request);
}

Response journal(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string form = query(request, "form", form_of(request) == Form::csv ? "csv" : "hledger");
    const auto journal_form = app::journal_form_of(form);
    if (!journal_form)
        throw Refused{{Fault::unknown, "form", "the journal is written as hledger, beancount or csv"}};
    Spool spool{spool_path(desk)};
    must(app::export_journal(desk.tools(), by, region_of(request, by), *journal_form,
                             [&](std::string_view piece) { spool.put(piece); }));
    const app::ExportProof proof = app::export_proof(desk.tools(), spool.digest());
    spool.put(app::proof_lines(proof, *journal_form == app::JournalForm::csv ? "#" : ";"));
    Response response;
    response.content_type = form == "csv" ? "text/csv; charset=utf-8" : "text/plain; charset=utf-8";
    response.stream = spool.stream();
    return response;
}

/// A question, and not a write: what it shows is not kept for whoever repeats a request.
Response unmask(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t person = number_of(request.parameters.at("person"), "person");
    if (person < 1) throw Refused{{Fault::out_of_range, "person", "numbers of persons begin at 1"}};
    return answer(
        must(app::unmask_person(desk.tools(), by, must(County::parse(request.parameters.at("county"))),
                                PersonNo{person}, query(request, "reason", ""), now())),
        request);
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/ledger/payments/{reference}/packet", packet},
    Way{For::officers, "GET", "/v1/ledger/proofs/inclusion", inclusion},
    Way{For::officers, "GET", "/v1/ledger/proofs/consistency", consistency},
    Way{For::officers, "GET", "/v1/ledger/questions", list_questions},
    Way{For::officers, "GET", "/v1/ledger/questions/{question}", ask}.ending_itself(),
    Way{For::officers, "GET", "/v1/ledger/journal", journal}.ending_itself(),
    Way{For::officers, "GET", "/v1/ledger/persons/{county}/{person}/unmasked", unmask}.by(app::Role::auditor,
                                                                                          app::Role::checker),
};

}  // namespace

std::span<const Way> audit_ways() { return ways; }

}  // namespace onecard::cli
