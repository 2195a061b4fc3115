#include <fmt/format.h>

#include <array>

#include "onecard/app/channel.hpp"
#include "pages.hpp"
#include "ways.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

Response ladder(Desk& desk, const app::Identity& by, const Request& request) {
    return answer_sliced_list(request, {"bank", "seq"}, "nn",
                              [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                  return must(desk.channel->ladder(by, region, slice));
                              });
}

Response sequence_refusals(Desk& desk, const app::Identity& by, const Request& request) {
    return answer_sliced_list(request, {"bank", "no"}, "nn", [&desk, by](const app::Slice& slice) {
        return must(desk.channel->sequence_refusals(by, slice));
    });
}

Response next_sequence(Desk& desk, const app::Identity& by, const Request&) {
    return json(fmt::format(R"({{"next":{}}})", must(desk.channel->next_sequence(by))));
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/channel", ladder},
    Way{For::officers, "GET", "/v1/channel/sequences", sequence_refusals},
    Way{For::banks, "GET", "/v1/bank/sequence", next_sequence},
};

}  // namespace

std::span<const Way> channel_ways() { return ways; }

}  // namespace onecard::cli
