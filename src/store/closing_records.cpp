#include "onecard/app/closing_records.hpp"

#include "array_text.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

class Closing final : public app::ClosingRecords {
public:
    explicit Closing(Connection& connection) : connection_{connection} {}

    std::vector<app::OpenItem> open_items(County county, Month period) override {
        std::vector<app::OpenItem> items;
        connection_.each(sql::open_items, {{"county", county}, {"period", period}}, [&](Row& row) {
            const std::string item = row.text();
            items.push_back({item, row.money()});
        });
        return items;
    }

    void lock(County county) override { connection_.lock(LockClass::closes, 0, county.number()); }

    bool is_closed(County county, std::int32_t period) override {
        bool found = false;
        connection_.each(sql::is_closed, {{"county", county}, {"period", period}},
                         [&](Row&) { found = true; });
        return found;
    }

    void put_close(County county, std::int32_t period, std::int64_t proposal_no, const Digest& carried,
                   Moment at) override {
        connection_.run(sql::put_close, {{"county", county},
                                         {"period", period},
                                         {"proposal_no", proposal_no},
                                         {"carried", carried},
                                         {"at", at}});
    }

    std::vector<ledger::FundBalance> yearly_balances(County county, std::int32_t year) override {
        std::vector<ledger::FundBalance> balances;
        connection_.each(sql::yearly_balances, {{"county", county}, {"year", year}}, [&](Row& row) {
            const auto account = ledger::account_of(row.number());
            ensure(account.has_value(), "an account that is not in the chart");
            ledger::Fund fund;
            fund.source = row.as<std::int16_t>();
            fund.year = row.as<std::int16_t>();
            fund.purpose = row.as<std::int16_t>();
            balances.push_back({*account, fund, row.money()});
        });
        return balances;
    }

    void put_carried(std::int64_t proposal_no, std::span<const app::OpenItem> items) override {
        if (items.empty()) return;
        ArrayText names, amounts;
        for (const app::OpenItem& item : items) {
            names.add_text(item.item);
            amounts.add(item.amount.fen());
        }
        connection_.run(sql::put_carried,
                        {{"proposal_no", proposal_no}, {"items", names.text()}, {"amounts", amounts.text()}});
    }

    std::vector<app::OpenItem> carried(std::int64_t proposal_no) override {
        std::vector<app::OpenItem> items;
        connection_.each(sql::carried_items, {{"proposal_no", proposal_no}}, [&](Row& row) {
            const std::string item = row.text();
            items.push_back({item, row.money()});
        });
        return items;
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::ClosingRecords> closing_records(Connection& connection) {
    return std::make_unique<Closing>(connection);
}

}  // namespace onecard::store
