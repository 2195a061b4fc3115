# From `perf script -F comm,pid,ip,sym,dso` to one line a stack, root first: "process;frame;frame count".
# Frames without a name (libraries without symbols) go by the name of their library, those that follow each other as one.
function flush_stack(    i, text, last) {
    if (process == "") return
    text = process
    for (i = depth; i >= 1; --i) {
        if (frame[i] == last) continue
        text = text ";" frame[i]
        last = frame[i]
    }
    ++count[text]
    process = ""
    depth = 0
}
/^[[:space:]]*$/ { flush_stack(); next }
process == "" { process = $1; depth = 0; next }
{
    name = $0
    sub(/^[[:space:]]*[0-9a-f]+ /, "", name)
    library = name
    sub(/^.*\(/, "", library)
    sub(/\)$/, "", library)
    sub(/^.*\//, "", library)
    sub(/ \([^()]*\)$/, "", name)
    sub(/\+0x[0-9a-f]+$/, "", name)
    gsub(/;/, ":", name)
    frame[++depth] = name == "[unknown]" ? "[" library "]" : name
}
END {
    flush_stack()
    for (text in count) print text, count[text]
}
