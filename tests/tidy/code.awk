# What the compiler sees of C++ files, one line each, "KIND file:line:text":
#   C  code, without comments and with every literal emptied; #include lines keep their path
#   S  the beginning of a string literal, white space folded
# Knows line and block comments, escapes, raw strings, digit separators and character prefixes.

function emit_string(line_no, text) {
    gsub(/[ \t\r\n]+/, " ", text)
    sub(/^ /, "", text)
    print "S " FILENAME ":" line_no ":" substr(text, 1, 200)
}

FNR == 1 { state = "code" }

{
    rest = $0
    out = ""
    if (state == "code" && rest ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) {
        sub(/[ \t]*\/[\/*].*$/, "", rest)
        print "C " FILENAME ":" FNR ":" rest
        next
    }
    while (rest != "") {
        if (state == "comment") {
            at = index(rest, "*/")
            if (at == 0) break
            rest = substr(rest, at + 2)
            out = out " "
            state = "code"
            continue
        }
        if (state == "raw") {
            at = index(rest, raw_end)
            if (at == 0) {
                raw_text = raw_text rest " "
                break
            }
            emit_string(raw_line, raw_text substr(rest, 1, at - 1))
            rest = substr(rest, at + length(raw_end))
            state = "code"
            continue
        }
        if (!match(rest, /["'\/]/)) {
            out = out rest
            break
        }
        out = out substr(rest, 1, RSTART - 1)
        mark = substr(rest, RSTART, 1)
        rest = substr(rest, RSTART + 1)
        if (mark == "/") {
            if (substr(rest, 1, 1) == "/") break
            if (substr(rest, 1, 1) == "*") {
                rest = substr(rest, 2)
                state = "comment"
            } else {
                out = out "/"
            }
        } else if (mark == "\"" && out ~ /(^|[^A-Za-z0-9_])(u8|u|U|L)?R$/) {
            at = index(rest, "(")
            raw_end = ")" substr(rest, 1, at - 1) "\""
            rest = substr(rest, at + 1)
            raw_text = ""
            raw_line = FNR
            state = "raw"
            out = out "\"\""
        } else if (mark == "\"") {
            match(rest, /^([^"\\]|\\.)*/)
            emit_string(FNR, substr(rest, 1, RLENGTH))
            rest = substr(rest, RLENGTH + 2)
            out = out "\"\""
        } else if (out ~ /(^|[^A-Za-z0-9_])[0-9][0-9A-Za-z'.]*$/) {
            out = out "'"
        } else {
            match(rest, /^([^'\\]|\\.)*/)
            rest = substr(rest, RLENGTH + 2)
            out = out "''"
        }
    }
    if (out !~ /^[ \t]*$/) print "C " FILENAME ":" FNR ":" out
}
