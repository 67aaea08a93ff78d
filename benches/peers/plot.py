"""The results as an SVG: for each work, what each tool took, as a multiple of this program."""

import html
import math

import report

COLOURS = {
    "s4cmd": "#1b7f5c", "s5cmd": "#c8553d", "rclone": "#4f6d9a", "aws-cli": "#d9a441",
    "aws-crt": "#a07cc5", "s3cmd": "#7d8a8c", "s4cmd-python": "#8c5e3c", "curl": "#222222",
}
LEFT, WIDTH, RADIUS, ROW, TOP = 340, 560, 5, 26, 70
# What is outside is drawn at the edge.
LOW, HIGH = 0.1, 1000.0
PANELS = [("wall", "wall time"), ("cpu", "processor time")]


def write(document, path):
    path.write_text(svg(document))


def svg(document):
    works = document["works"]
    panel = TOP + ROW * len(works) + 30
    height = panel * len(PANELS) + 30
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" '
        'font-size="12">' % (LEFT + WIDTH + 40, height),
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, (figure, name) in enumerate(PANELS):
        parts += one_panel(document, figure, name, number * panel)
    parts += legend(document["tools"], height - 20)
    parts.append("</svg>\n")
    return "\n".join(parts)


def one_panel(document, figure, name, top):
    works = document["works"]
    bottom = top + TOP + ROW * len(works)
    parts = [text(LEFT, top + 24, "%s as a multiple of s4cmd's (less is better)" % name, "bold")]
    for value in powers():
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>' % (
            x(value), top + TOP - 14, x(value), bottom, "#888888" if value == 1 else "#e4e4e4"))
        parts.append(text(x(value), top + TOP - 20, "%g" % value, anchor="middle"))
    for row, work in enumerate(works):
        y = top + TOP + ROW * row + ROW // 2
        title = work["title"].replace("`", "")
        parts.append(text(LEFT - 12, y + 4, title, anchor="end"))
        for tool in work["runs"]:
            multiple = report.ratio(work, figure, tool)
            if multiple:
                parts.append('<circle cx="%.1f" cy="%d" r="%d" fill="%s"><title>%s</title></circle>' % (
                    x(1 / multiple), y, RADIUS, COLOURS[tool],
                    html.escape("%s: %.2f" % (tool, 1 / multiple))))
    return parts


def powers():
    return [10.0 ** n for n in range(round(math.log10(LOW)), round(math.log10(HIGH)) + 1)]


def x(value):
    share = math.log(min(max(value, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return LEFT + share * WIDTH


def text(at, y, words, weight="normal", anchor="start"):
    return '<text x="%.1f" y="%d" font-weight="%s" text-anchor="%s">%s</text>' % (
        at, y, weight, anchor, html.escape(words))


def legend(tools, y):
    parts, at = [], 20
    for tool in filter(tools.__contains__, COLOURS):
        parts.append('<circle cx="%d" cy="%d" r="%d" fill="%s"/>' % (at, y - 4, RADIUS, COLOURS[tool]))
        parts.append(text(at + 10, y, tool))
        at += 40 + 7 * len(tool)
    return parts
