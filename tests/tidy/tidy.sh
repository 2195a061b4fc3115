#!/usr/bin/env bash
# The rules of the house that no compiler knows.
#   tidy.sh ROOT [RULE...]   tries them (all of them) on the house at ROOT
#   tidy.sh --rules          lists them
# Each fault is one line, "file:line: rule: what"; the exit code is 1 when there is one. Needs bash, grep, awk and,
# for `format`, clang-format-19; for `one_statement`, the program embed_sql of the build (EMBED_SQL).
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
all_rules=(rooms heavy_headers no_float co_await beast_files no_sql pure_domain pragma_once format names one_statement)
adapters='store|seal|net|ops|main'

# C++ files under the given folders (those that exist), sorted.
files_in() {
    local folder folders=()
    for folder; do [[ -d $folder ]] && folders+=("$folder"); done
    ((${#folders[@]})) || return 0
    find "${folders[@]}" \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) -type f | sort
}

scanned() { files_in "$@" | xargs -r awk -f "$here/code.awk"; }
# "file:line:code", "file:line:string" and "file:line:#include …" of the folders.
code_in() { scanned "$@" | sed -n 's/^C //p'; }
strings_in() { scanned "$@" | sed -n 's/^S //p'; }
includes_in() { code_in "$@" | lines_with '^[^:]+:[0-9]+:[[:space:]]*#[[:space:]]*include'; }

# grep that does not mind finding nothing, but does mind a broken pattern.
lines_with() { grep -E "$@" || [[ $? -eq 1 ]]; }

# matching REGEX TEXT: the lines "file:line:rest" whose rest matches, as faults.
matching() {
    lines_with "^[^:]+:[0-9]+:.*($1)" | sed -E "s/^([^:]+:[0-9]+):.*/\1: ${2//\//\\/}/"
}
# Without the files of the given rooms.
outside_rooms() { lines_with -v "^(include/onecard|src)/($1)/"; }

rule_rooms() { includes_in include src | awk -f "$here/rooms.awk" CMakeLists.txt -; }

rule_heavy_headers() {
    local lines
    lines=$(includes_in include src)
    belongs() { outside_rooms "$2" <<<"$lines" | matching "[<\"]($1)" "this library belongs to ${2//|/ and } only"; }
    belongs 'boost/' 'net'
    belongs 'soci/|(postgresql/)?libpq' 'store'
    belongs 'openssl/' 'seal|net'
    belongs 'toml(\+\+|\.hpp)' 'ops'
    belongs 'spdlog/' 'ops'
    belongs 'CLI/' 'main'
    belongs 'libxml/' 'bankfile|ops'
    belongs 'xlsxwriter' 'ops'
    belongs 'zip\.h' 'ops'
}

rule_no_float() {
    code_in include src | outside_rooms "$adapters" |
        matching '\b(float|double|_Float[0-9]+)\b' 'floating point where money and rules are'
}

rule_co_await() { code_in include src tests loadtest | awk -f "$here/co_await.awk"; }

rule_beast_files() { includes_in include src tests loadtest | awk -v limit=3 -f "$here/beast.awk"; }

rule_no_sql() {
    local object='(or replace |unlogged |temp |temporary |unique )?(table|index|view|materialized|schema|database|role|user|function|procedure|trigger|sequence|extension|type|domain|policy|publication)'
    local statements="select |insert into |delete from |update [a-z_.\"]+ set |(create|alter|drop) $object |truncate |grant |merge into |with [a-z_]+ as "
    local strings
    strings=$(strings_in include src | sed -E 's/^([^:]+:[0-9]+:)(.*)/\1\L\2/')
    sql() { sed -nE "s/^([^:]+:[0-9]+):($1).*/\1: SQL text in C++: it belongs into schemas\//p"; }
    sql "$statements" <<<"$strings"
    outside_rooms store <<<"$strings" | sql 'copy [^ ]+ ?(\(.*\))? ?(from|to) '
}

rule_pure_domain() {
    local lines
    lines=$(code_in include src | outside_rooms "app|$adapters")
    matching '#[[:space:]]*include[[:space:]]*<(iostream|fstream|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|random|filesystem|ctime|(time|unistd|pthread|fcntl)\.h|sys/.*)>' \
        'the domain has no input, output, clock, thread or chance' <<<"$lines"
    matching '_clock::now|\bstd::time\(|\bgettimeofday\(|\bstd::rand\(|\bgetenv\(' \
        'the domain asks neither the clock nor the machine: it is an argument' <<<"$lines"
}

rule_pragma_once() {
    {
        files_in include src tests loadtest | lines_with '\.(hpp|h)$'
        code_in include src tests loadtest | lines_with '^[^:]+\.(hpp|h):'
    } | awk -F: '
        NF == 1 { header[++headers] = $1; next }
        !($1 in first) { first[$1] = $3 }
        END {
            for (i = 1; i <= headers; ++i)
                if (first[header[i]] != "#pragma once") print header[i] ":1: a header begins with #pragma once"
        }'
}

rule_format() {
    local code=0 said
    said=$(files_in include src tests loadtest cmake |
        xargs -r clang-format-19 --dry-run -Werror --ferror-limit=1 2>&1) || code=$?
    # 123: a file is not in the format; anything else, clang-format did not run.
    [[ $code -eq 0 || $code -eq 123 ]] || { echo "$said"; return 1; }
    sed -nE "s/^([^: ]+:[0-9]+):[0-9]+: error:.*/\1: not in the house's format (.\/dev format)/p" <<<"$said"
}

rule_names() {
    local words='(Manager|Helper|Helpers|Util|Utils|Handler|Data|Info)'
    code_in include src tests loadtest |
        matching "\b(class|struct|union|enum|using|concept)[[:space:]]+(class[[:space:]]+|\[\[[a-z_]+\]\][[:space:]]+)?[A-Za-z0-9_]*$words\b" \
            'a name that says nothing (Manager, Helper, Util, Handler, Data, Info)'
    files_in include src tests loadtest |
        sed -nE 's/^(.*(^|[_\/])(manager|helpers?|utils?|handler|data|info)\.[ch]pp)$/\1:1: a file name that says nothing/p'
}

rule_one_statement() {
    local queries=(schemas/queries/*.sql)
    [[ -e ${queries[0]} ]] || return 0
    "${EMBED_SQL:?the program embed_sql of the build}" check "${queries[@]}" 2>&1 || [[ $? -eq 1 ]]
}

main() {
    [[ $# -ge 1 ]] || { echo "usage: tidy.sh ROOT [RULE...]"; exit 2; }
    [[ $1 != --rules ]] || { printf '%s\n' "${all_rules[@]}"; exit; }
    cd "$1"
    shift
    [[ $# -gt 0 ]] || set -- "${all_rules[@]}"
    # A rule that looked at nothing has proved nothing.
    [[ -n $(files_in include src | head -n 1) ]] || { echo "tidy: no sources in $PWD"; exit 2; }
    local rule faults tried code=0
    for rule; do
        declare -F "rule_$rule" >/dev/null || { echo "tidy: no rule $rule"; exit 2; }
        # Not in a condition: bash would no longer stop at the first command that fails.
        set +e
        faults=$(set -e; "rule_$rule" | sed -E "s/^([^:]+:[0-9]+): /\1: $rule: /")
        tried=$?
        set -e
        [[ $tried -eq 0 ]] || { printf '%s\n' "$faults" "tidy: the rule $rule could not be tried"; exit 2; }
        [[ -z $faults ]] || { printf '%s\n' "$faults"; code=1; }
    done
    exit "$code"
}
main "$@"
