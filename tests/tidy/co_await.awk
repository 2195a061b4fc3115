# Reads "file:line:code": no { between co_await and the end of its expression, which is the ; or the ) of the
# if, while, switch or for that it stands in.

{
    file = $0; sub(/:.*/, "", file)
    if (file != last) { last = file; waiting = 0; depth = 0; word = "" }
    rest = substr($0, length(file) + 2)
    line_no = rest; sub(/:.*/, "", line_no)
    rest = substr(rest, length(line_no) + 2) " "
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*|[(){};]/)) {
        token = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (token == "co_await") { if (!waiting) { waiting = 1; since = depth } }
        else if (token == "(") control[++depth] = (word ~ /^(if|while|switch|for|constexpr)$/)
        else if (token == ")") {
            if (waiting && depth <= since && control[depth]) waiting = 0
            if (depth > 0) --depth
        }
        else if (token == ";") waiting = 0
        else if (token == "{" && waiting) {
            print file ":" line_no ": a { between co_await and its ; (name the value on the line before)"
            waiting = 0
        }
        word = token
    }
}
