#pragma once

#include <memory>
#include <string>

#include "onecard/bankfile/profile.hpp"
#include "onecard/bankfile/statement.hpp"

namespace onecard::bankfile::camt {

std::unique_ptr<StatementWriting> write(const Profile& profile, const StatementHeader& header);
std::unique_ptr<StatementReading> read(const Profile& profile, std::string file_name,
                                       StatementReading::OnLine on_line, std::size_t faults_max);

}  // namespace onecard::bankfile::camt
