#include "break_rows.hpp"

#include <string_view>

#include "binary_copy.hpp"

namespace onecard::store {

void put_break_rows(Connection& connection, FoundIn found_in, std::int64_t number, County county, BankNo bank,
                    std::span<const recon::Break> breaks, Moment at) {
    if (breaks.empty()) return;
    CopyIn copy{connection,
                found_in == FoundIn::return_file
                    ? "break (county, kind, return_no, line, evidence, amount, bank, reference, at)"
                    : "break (county, kind, statement_no, line, evidence, amount, bank, reference, at)"};
    for (const recon::Break& item : breaks) {
        copy.row(9);
        copy.put(county);
        copy.put(recon::code_of(item.kind));
        copy.put(number);
        copy.put(item.line);
        copy.put(std::string_view{item.evidence});
        copy.put(item.amount);
        copy.put(bank);
        copy.put(std::string_view{item.payment ? item.payment->text() : std::string{}});
        copy.put(at);
    }
    copy.finish();
}

}  // namespace onecard::store
