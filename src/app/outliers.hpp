#pragma once

#include "beside.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// What a checker has to look at by itself in a planned unit: payments of more than `times` the standard of their
/// programme, payees whose account was changed since the county's last run, payees whom a list of deaths names and who
/// are paid all the same. Added to `out` by kind and payment.
void find_outliers(Work& work, const Run& run, const Unit& unit, const policy::CountyPolicy& policy,
                   std::int64_t times, const payment::UnitPlan& plan, Beside& out);

}  // namespace onecard::app
