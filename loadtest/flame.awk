# From sorted lines "frame;frame;frame count" to a flame graph (SVG): a box is as wide as the time spent in and under it.
function escaped(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); gsub(/"/, "\\&quot;", text)
    return text
}
# Colours tell the worlds apart: the kernel's, libraries without names, the house's own, the rest.
function colour(name) {
    if (name ~ /^\[/) return "#d9c7a0"
    if (name ~ /onecard::/) return "#e8743b"
    if (name ~ /^(__x64|do_|entry_|ext4|tcp_|ip_|sock|vfs|unix_|blk_|sys_|asm_)/) return "#9fb8d6"
    return "#e9b872"
}
function close_box(level) {
    ++boxes
    box_name[boxes] = name_at[level]; box_level[boxes] = level; box_from[boxes] = from[level]; box_to[boxes] = total
    if (level > deepest) deepest = level
}
{
    value = $NF
    text = $0
    sub(/ [0-9]+$/, "", text)
    parts = split(text, now, ";")
    same = 0
    while (same < parts && same < open && now[same + 1] == name_at[same + 1]) ++same
    while (open > same) close_box(open--)
    while (open < parts) { ++open; name_at[open] = now[open]; from[open] = total }
    total += value
}
END {
    while (open > 0) close_box(open--)
    if (total == 0) exit 1
    width = 1400; row = 17; height = (deepest + 2) * row
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"11\">\n", width, height
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><text x=\"4\" y=\"13\">%d samples</text>\n", total
    for (i = 1; i <= boxes; ++i) {
        wide = (box_to[i] - box_from[i]) * width / total
        if (wide < 0.7) continue
        x = box_from[i] * width / total; y = height - box_level[i] * row
        label = box_name[i]
        room = int(wide / 6.7) - 1
        shown = length(label) > room ? substr(label, 1, room) : label
        printf "<g><title>%s: %.1f%%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" stroke=\"#fff\" stroke-width=\"0.4\"/>", \
            escaped(label), (box_to[i] - box_from[i]) * 100 / total, x, y, wide, row - 1, colour(label)
        if (room > 2) printf "<text x=\"%.1f\" y=\"%d\">%s</text>", x + 3, y + 12, escaped(shown)
        print "</g>"
    }
    print "</svg>"
}
