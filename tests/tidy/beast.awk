# Reads "file:line:#include …" of the whole house: at most `limit` .cpp files pull in Boost.Beast, through whatever
# headers of ours, besides the one that compiles its functions (boost/beast/src.hpp).

function resolve(file, path,    folder) {
    if (path ~ /^onecard\//) return "include/" path
    folder = file; sub(/[^\/]*$/, "", folder)
    if ((folder path) in known) return folder path
    return "tests/" path
}

function pulls(file,    n, i, list) {
    if (file in visited) return 0
    visited[file] = 1
    if (file in direct) return 1
    n = split(edges[file], list, "\n")
    for (i = 1; i <= n; ++i) if (list[i] != "" && pulls(resolve(file, list[i]))) return 1
    return 0
}

{
    split($0, part, ":")
    file = part[1]
    if (!(file in known)) { known[file] = 1; order[++files] = file }
    if (!match($0, /[<"][^>"]*[>"]/)) next
    path = substr($0, RSTART + 1, RLENGTH - 2)
    if (path == "boost/beast/src.hpp") { compiles[file] = part[2]; next }
    if (path ~ /^boost\/beast/) { if (!(file in direct)) direct[file] = part[2] }
    else if (path ~ /\.hpp$/) edges[file] = edges[file] "\n" path
}

END {
    for (i = 1; i <= files; ++i) {
        file = order[i]
        if (file !~ /\.cpp$/) continue
        if (file in compiles) {
            if (++compilers > 1) print file ":" compiles[file] ": a second file that compiles Beast's functions"
            continue
        }
        split("", visited)
        if (pulls(file)) found[++heavy] = file
    }
    if (heavy > limit)
        for (i = 1; i <= heavy; ++i)
            print found[i] ":" (found[i] in direct ? direct[found[i]] : 1) ": one of " heavy " files that pull in boost/beast; the house affords " limit
}
