#include "onecard/core/result.hpp"
#include "onecard/registry/csv.hpp"

namespace onecard::registry {

std::string_view file_name_of(FileKind kind) {
    switch (kind) {
        case FileKind::households: return "households.csv";
        case FileKind::persons: return "persons.csv";
        case FileKind::incomes: return "incomes.csv";
        case FileKind::enrolments: return "enrolments.csv";
        case FileKind::accounts: return "accounts.csv";
        case FileKind::institutions: return "institutions.csv";
    }
    broken("a register file of no kind");
}

}  // namespace onecard::registry
