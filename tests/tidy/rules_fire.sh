#!/usr/bin/env bash
# Proves that each rule of tidy.sh fires where it must and only there: every case is a small house of its own.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
cases=0 failures=0 said=''
declare -A fired=()

# A fresh house whose one file breaks no rule.
fresh() {
    rm -rf "${house:?}"/*
    cp "$here/../../.clang-format" "$house/"
    {
        echo 'room(core LENDS fmt::fmt)  # room(core SEES main)'
        echo 'room(ledger SEES core)'
        echo 'room(app SEES core'
        echo '     ledger)'
        echo 'room(store SEES core ledger app USES soci)'
        echo 'room(seal SEES core ledger app)'
        echo 'room(net SEES core ledger app)'
        echo 'room(ops SEES core ledger app)'
        echo 'room(main SEES core ledger app store seal net ops)'
    } >"$house/CMakeLists.txt"
    put src/core/good.cpp <<<'#include <string>'
}
# put FILE: its text comes from standard input.
put() { mkdir -p "$house/$(dirname "$1")" && cat >"$house/$1"; }

tried() {
    local code=0
    said=$(bash "$here/tidy.sh" "$house" "$1" 2>&1) || code=$?
    cases=$((cases + 1))
    return "$code"
}
wrong() {
    failures=$((failures + 1))
    printf 'case %d (line %s): %s\n%s\n' "$cases" "${BASH_LINENO[1]}" "$1" "$said"
}
# fires RULE PLACE...: the rule names exactly these places.
fires() {
    local rule=$1 code=0 expected found
    shift
    fired[$rule]=1
    tried "$rule" || code=$?
    expected=$(printf '%s\n' "$@" | sort)
    found=$(sed -nE "s/^([^:]+:[0-9]+): $rule: .+/\1/p" <<<"$said" | sort)
    [[ $code -eq 1 && $found == "$expected" ]] || wrong "$rule should name $*, and said (exit code $code):"
}
# passes RULE
passes() {
    local code=0
    tried "$1" || code=$?
    [[ $code -eq 0 && -z $said ]] || wrong "$1 should find nothing, and said (exit code $code):"
}

mapfile -t rules < <(bash "$here/tidy.sh" --rules)
for rule in "${rules[@]}"; do
    fresh
    passes "$rule"
done

# --- rooms
fresh
put src/ledger/entry.cpp <<'END'
#include "onecard/ledger/entry.hpp"
#include "onecard/core/money.hpp"
#include "entry_text.hpp"
// #include "onecard/app/port.hpp"
#include "onecard/app/port.hpp"
/* #include "onecard/store/x.hpp" */
#  include <onecard/store/x.hpp>
#include "onecard/cellar/x.hpp"
#include "../core/secret.hpp"
END
fires rooms src/ledger/entry.cpp:{5,7,8,9}
fresh
put include/onecard/store/seen.hpp <<<'#include "onecard/seal/sign.hpp"'
put include/onecard/main/seen.hpp <<<'#include "onecard/seal/sign.hpp"'
fires rooms include/onecard/store/seen.hpp:1
fresh
put src/attic/lost.cpp <<<'#include <string>'
put src/loose.cpp <<<'#include <string>'
fires rooms src/attic/lost.cpp:1 src/loose.cpp:1
fresh
echo 'room(web SEES core web)' >>"$house/CMakeLists.txt"
echo 'room(late SEES later)' >>"$house/CMakeLists.txt"
echo 'room(later SEES core)' >>"$house/CMakeLists.txt"
fires rooms CMakeLists.txt:10 CMakeLists.txt:11
fresh
: >"$house/CMakeLists.txt"
fires rooms CMakeLists.txt:1 src/core/good.cpp:1

# --- heavy_headers
fresh
put src/main/all.cpp <<'END'
#include <CLI/CLI.hpp>
#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <soci/soci.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <toml++/toml.h>
#include <spdlog/spdlog.h>
// #include <boost/asio.hpp>
END
fires heavy_headers src/main/all.cpp:{2,3,4,5,6,7,8}
fresh
put src/net/a.cpp <<<$'#include <boost/asio.hpp>\n#include <openssl/ssl.h>'
put src/store/a.cpp <<<$'#include <soci/soci.h>\n#include <postgresql/libpq-fe.h>'
put src/seal/a.cpp <<<'#include <openssl/evp.h>'
put src/ops/a.cpp <<<$'#include <toml++/toml.h>\n#include <spdlog/spdlog.h>'
put src/main/a.cpp <<<'#include <CLI/CLI.hpp>'
passes heavy_headers
put include/onecard/app/a.hpp <<<'#include <boost/asio/awaitable.hpp>'
put src/core/a.cpp <<<'#include <CLI/CLI.hpp>'
fires heavy_headers include/onecard/app/a.hpp:1 src/core/a.cpp:1

# --- no_float
fresh
put src/ledger/sums.cpp <<'END'
// a double entry
/* float
   double */ int a = 1'000; double b = 0;
const char* text = "a double \" float";
const char* raw = R"x(
  float )" )x"; float c = 0;
char quote = '"'; double d = 0; char other = '"';
int doubled = 0x1'ff; long afloat = 0;
END
fires no_float src/ledger/sums.cpp:{3,6,7}
fresh
put src/net/timing.cpp <<<'double seconds = 0;'
passes no_float

# --- co_await
fresh
put src/net/talk.cpp <<'END'
task a() { co_await send(Upload{.name = name}); }
task b() {
    co_await send(
        one, [&] { return 1; });
    co_await send(one); { }
    if (co_await ready()) { go(); }
    while (auto x = co_await next(f(1))) { go(); }
    // co_await send({});
    co_return co_await later("{", '{');
}
task c() { f(co_await ready(), Two{}); }
task d() { const auto x = co_await spawn(pool); use({x}); }
END
fires co_await src/net/talk.cpp:{1,4,11}

# --- beast_files
fresh
put src/net/session.hpp <<<'#include <boost/beast/http.hpp>'
put include/onecard/net/door.hpp <<<'#include "onecard/net/inner.hpp"'
put include/onecard/net/inner.hpp <<<'#include <boost/beast/core.hpp>'
put src/net/compiled.cpp <<<$'#include <boost/asio/impl/src.hpp>\n#include <boost/beast/src.hpp>'
put src/net/one.cpp <<<'#include "session.hpp"'
put src/net/two.cpp <<<$'#include <string>\n#include <boost/beast/ssl.hpp>'
put src/main/three.cpp <<<'#include "onecard/net/door.hpp"'
passes beast_files
put tests/e2e/four.cpp <<<'#include <boost/beast.hpp>'
fires beast_files src/net/one.cpp:1 src/net/two.cpp:2 src/main/three.cpp:1 tests/e2e/four.cpp:1
rm "$house/src/net/two.cpp"
put src/net/also_compiled.cpp <<<'#include <boost/beast/src.hpp>'
fires beast_files src/net/compiled.cpp:2

# --- no_sql
fresh
put src/app/ask.cpp <<'END'
auto a = "SELECT 1";
auto b = R"(
    insert into t values (1))";
auto c = "update the register, then delete from memory";
auto d = "update payment set x = 1"; // "select 2"
auto e = "create table t()";
auto f = "create a certificate; select one";
auto g = "copy payment from stdin";
auto h = "with old as (select 1)";
auto i = "Delete  from x";
END
fires no_sql src/app/ask.cpp:{1,2,5,6,8,9,10}
fresh
put src/store/bulk.cpp <<<$'auto a = "copy payment (a, b) from stdin (format binary)";\nauto b = "select 1";'
fires no_sql src/store/bulk.cpp:2

# --- pure_domain
fresh
put src/ledger/impure.cpp <<'END'
#include <chrono>
#include <thread>
#include <iostream>
auto now = std::chrono::system_clock::now();
auto later = steady_clock::now();
// steady_clock::now()
#include <random>
#include <sys/stat.h>
END
put src/store/impure.cpp <<<'#include <thread>'
fires pure_domain src/ledger/impure.cpp:{2,3,4,5,7,8}

# --- pragma_once
fresh
put include/onecard/core/a.hpp <<<$'// Why.\n/* More\n   why. */\n\n#pragma once\nint a();'
passes pragma_once
put include/onecard/core/b.hpp <<<$'#include <string>\n#pragma once'
put src/net/c.hpp <<<'// #pragma once'
fires pragma_once include/onecard/core/b.hpp:1 src/net/c.hpp:1

# --- format
fresh
put src/core/ugly.cpp <<<$'int a();\nint  b( );'
put tests/unit/core/ugly.cpp <<<'int  b( );'
fires format src/core/ugly.cpp:2 tests/unit/core/ugly.cpp:1

# --- names
fresh
put src/app/vague.cpp <<'END'
class PaymentManager {};
struct BatchInfo;
enum class RowData { a };
using Text = int;
struct Informed {};
struct Database {};
// class OldHelper
class [[nodiscard]] FileHandler final {};
template <class Utils>
int f();
END
put src/app/text_utils.cpp <<<'#include <string>'
put src/app/database.cpp <<<'#include <string>'
fires names src/app/vague.cpp:{1,2,3,8,9} src/app/text_utils.cpp:1

# --- one_statement
fresh
put schemas/queries/good.sql <<<$'-- One; not two.\nselect \';\', $$;$$ /* ; */;\n-- The end;'
passes one_statement
put schemas/queries/two.sql <<<$'select 1;\nselect 2;'
put schemas/queries/none.sql <<<'-- nothing'
fires one_statement schemas/queries/two.sql:2 schemas/queries/none.sql:1

# --- A rule that cannot be tried is not a rule that passed.
fresh
put schemas/queries/good.sql <<<'select 1'
code=0
EMBED_SQL=/nonexistent tried one_statement || code=$?
[[ $code -eq 2 ]] || wrong 'a missing tool should be said'
rm -r "$house/src"
code=0
tried rooms || code=$?
[[ $code -eq 2 ]] || wrong 'a house without sources should be said'

for rule in "${rules[@]}"; do
    [[ -n ${fired[$rule]:-} ]] || wrong "no case makes $rule fire"
done

echo "$cases cases, $failures failures"
[[ $failures -eq 0 ]]
