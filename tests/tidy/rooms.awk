# Reads CMakeLists.txt, then "file:line:#include …" lines: nobody includes a room that its room() line does not name.

function say(place, text) { print place ": " text }

function declare(text, line_no,    words, n, i, mode, name) {
    gsub(/[()]/, " ", text)
    n = split(text, words, /[ \t]+/)
    mode = "NAME"
    for (i = 1; i <= n; ++i) {
        if (words[i] == "" || words[i] == "room") continue
        if (words[i] ~ /^(SEES|LENDS|USES)$/) { mode = words[i]; continue }
        if (mode == "NAME") { name = words[i]; line_of[name] = line_no; order[++rooms] = name }
        if (mode == "SEES") { sees[name, words[i]] = 1; seen_by[name] = seen_by[name] " " words[i] }
    }
}

# A room sees only rooms declared above it: so nobody sees itself, and there is no circle.
function check_order(    i, j, n, name, seen, above) {
    if (rooms == 0) say("CMakeLists.txt:1", "no room() line")
    for (i = 1; i <= rooms; ++i) {
        name = order[i]
        n = split(seen_by[name], seen, " ")
        for (j = 1; j <= n; ++j)
            if (!(seen[j] in above)) say("CMakeLists.txt:" line_of[name], name " sees " seen[j] ", no room above it")
        above[name] = 1
    }
}

FILENAME != "-" {
    sub(/#.*/, "")
    if (!open && $0 !~ /^[ \t]*room\(/) next
    if (!open) { text = ""; start = FNR; open = 1 }
    text = text " " $0
    if ($0 ~ /\)/) { open = 0; declare(text, start) }
    next
}

!checked { checked = 1; check_order() }

{
    split($0, part, ":")
    file = part[1]
    place = file ":" part[2]
    n = split(file, folder, "/")
    mine = folder[1] == "include" ? folder[3] : folder[2]
    if (!(mine in line_of)) {
        if (!(file in told)) say(place, "lies in no room of CMakeLists.txt")
        told[file] = 1
        next
    }
    if (!match($0, /[<"][^>"]*[>"]/)) next
    path = substr($0, RSTART + 1, RLENGTH - 2)
    if (path ~ /\.\.\//) { say(place, "an include that climbs out of its folder"); next }
    if (path !~ /^onecard\//) next
    split(path, step, "/")
    if (!(step[2] in line_of)) say(place, "includes " path ", which is in no room")
    else if (step[2] != mine && !((mine, step[2]) in sees)) say(place, mine " may not see " step[2])
}

END { if (!checked) check_order() }
