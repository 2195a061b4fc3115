#pragma once

#include <memory>

#include "connection.hpp"
#include "onecard/app/store.hpp"

/// The ports over one connection, one file each.
namespace onecard::store {

std::unique_ptr<app::RegisterRecords> register_records(Connection& connection);
std::unique_ptr<app::RunRecords> run_records(Connection& connection);
std::unique_ptr<app::PaymentRecords> payment_records(Connection& connection);
std::unique_ptr<app::ExchangeRecords> exchange_records(Connection& connection);
std::unique_ptr<app::LedgerRecords> ledger_records(Connection& connection);
std::unique_ptr<app::ScreeningRecords> screening_records(Connection& connection);
std::unique_ptr<app::ChannelRecords> channel_records(Connection& connection);
std::unique_ptr<app::AccountRecords> account_records(Connection& connection);
std::unique_ptr<app::RecoveryRecords> recovery_records(Connection& connection);
std::unique_ptr<app::DecisionRecords> decision_records(Connection& connection);
std::unique_ptr<app::StatementRecords> statement_records(Connection& connection);
std::unique_ptr<app::ClosingRecords> closing_records(Connection& connection);
std::unique_ptr<app::OfficeRecords> office_records(Connection& connection);
std::unique_ptr<app::AuditRecords> audit_records(Connection& connection);

/// A batch as the queries of batches list its columns.
app::Batch batch_in(Row& row);
/// A unit as `released_before` lists its columns: run, county, period, kind, generation, part, estimate.
app::Unit unit_in(Row& row);

}  // namespace onecard::store
