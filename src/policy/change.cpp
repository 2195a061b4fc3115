#include "onecard/policy/change.hpp"

#include <fmt/format.h>

#include "keys.hpp"

namespace onecard::policy {

namespace {

bool is_on_top(KeyNo key, std::string_view text) {
    return kind_of(key) == KeyKind::standard && (text.starts_with('+') || text.starts_with('-'));
}

Result<Money> on_top(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    return Money::parse_yuan(text);
}

Result<Checked> read(KeyNo key, std::string_view text) {
    const auto input = input_of_text(key, text);
    if (!input) return std::unexpected{input.error()};
    return check(key, *input);
}

/// The amounts of unattended children follow those of orphans where they have none of their own.
bool follows(const CountyPolicy& policy) {
    const auto& orphan = policy.standard(Standard::orphan_dispersed);
    return policy.unattended_follows_orphan && orphan &&
           policy.standard(Standard::unattended_child) == orphan;
}

}  // namespace

Result<Change> parse_change(std::string_view key, std::string_view text) {
    const auto number = key_no(key);
    if (!number) return refuse(Fault::unknown, fmt::format("there is no key \"{}\"", key), std::string{key});
    const auto at_key = [&](const Failure& failure) {
        return std::unexpected{Failure{failure.fault, std::string{key}, failure.text}};
    };
    if (is_on_top(*number, text)) {
        if (const auto money = on_top(text); !money) return at_key(money.error());
    } else if (const auto value = read(*number, text); !value) {
        return at_key(value.error());
    }
    return Change{std::string{key}, std::string{text}};
}

Result<CountyPolicy> changed(CountyPolicy policy, std::span<const Change> changes) {
    for (const Change& change : changes) {
        const auto key = key_no(change.key);
        ensure(key.has_value(), "a change of no key");
        if (*key >= standards_count) {
            const auto value = read(*key, change.text);
            ensure(value.has_value(), "a change that was not checked");
            rules()[*key - standards_count].set(policy, *value);
            continue;
        }
        auto& standard = policy.standards[*key];
        const bool with_children = *key == static_cast<KeyNo>(Standard::orphan_dispersed) && follows(policy);
        if (is_on_top(*key, change.text)) {
            if (!standard) continue;
            const auto amount = standard->amount.plus(*on_top(change.text));
            if (!amount || amount->is_negative() || amount->is_zero())
                return refuse(Fault::out_of_range,
                              fmt::format("{} with {} is no amount", standard->amount.yuan(), change.text),
                              fmt::format("{}/{} {}", policy.county.text(), policy.month.text(), change.key));
            standard->amount = *amount;
        } else {
            const auto value = read(*key, change.text);
            ensure(value.has_value(), "a change that was not checked");
            standard = CountyPolicy::Value{.amount = monthly(*value, policy.month),
                                           .source = standard ? standard->source : nullptr};
        }
        if (with_children) policy.standards[static_cast<std::size_t>(Standard::unattended_child)] = standard;
    }
    return policy;
}

}  // namespace onecard::policy
