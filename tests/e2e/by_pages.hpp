#pragma once

#include "support/installation.hpp"

namespace onecard::test {

/// The rows of some tables of a list, read a row of the list a page, as they stand one after the other.
inline std::map<std::string, json::array> row_by_row(const Installation& here, const std::string& who,
                                                     const std::string& path,
                                                     const std::vector<std::string>& tables) {
    std::map<std::string, json::array> all;
    std::string next;
    for (int pages = 0; pages < 1000; ++pages) {
        const Reply reply =
            here.curl(who, "GET", path + "?limit=1" + (next.empty() ? std::string{} : "&after=" + next));
        EXPECT_EQ(reply.status, 200) << reply.all();
        const json::object page = object_of(reply.body);
        EXPECT_LE(rows(page, tables.front()).size(), 1U);
        for (const std::string& table : tables)
            for (const auto& row : rows(page, table)) all[table].push_back(row);
        next = word(page, "next");
        if (next.empty()) return all;
    }
    ADD_FAILURE() << path << " has no last page";
    return all;
}

}  // namespace onecard::test
