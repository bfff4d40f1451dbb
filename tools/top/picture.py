#!/usr/bin/env python3
"""Makes tools/top/mmtop.svg: bazel run -c opt //tools/top:picture

Starts three web servers (examples/web_server), sends them requests, ends one of them the hard way, watches them with
mmtop in a terminal of tmux, and draws what is on its screen then."""

import html
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

os.environ.update(MMTOP=os.path.abspath("tools/mmtop"))
sys.path[:0] = [str(pathlib.Path(__file__).parent)]

from mmtop_testing import Terminal, columns_of  # noqa: E402

SERVER = os.path.abspath("examples/web_server")
OUT = pathlib.Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."), "tools/top/mmtop.svg")
COLUMNS, ROWS, SECONDS = 100, 28, 40

# --- a terminal's text as SVG ----------------------------------------------------------------------------------------

WIDTH, HEIGHT, SIZE, MARGIN = 8.4, 18, 14, 10
PAPER, INK = "#1d2127", "#d5d9df"
COLORS = {31: "#f2777a", 32: "#8fd07f", 33: "#f0c674", 34: "#81a2be", 35: "#b294bb", 36: "#6fc7c7", 37: INK}
BLOCKS = "▁▂▃▄▅▆▇█"


def runs_of(line):
    """(text, style) of a line with SGR sequences; a style is a dict."""
    style = {}
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if not part.startswith("\x1b"):
            if part:
                yield part.replace("\x0e", "").replace("\x0f", ""), dict(style)
            continue
        for code in (int(number or 0) for number in part[2:-1].split(";")):
            if code == 0:
                style = {}
            elif code == 39:
                style.pop("color", None)
            else:
                style.update({1: {"bold": True}, 4: {"under": True}, 7: {"reverse": True}}.get(code, {}))
                style.update({"color": COLORS[code]} if code in COLORS else {})


def draw_run(text, style, column, row):
    left, top, width = MARGIN + column * WIDTH, MARGIN + row * HEIGHT, columns_of(text) * WIDTH
    ink, paper = style.get("color", INK), None
    if style.get("reverse"):
        ink, paper = PAPER, ink
        yield f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{HEIGHT}" fill="{paper}"/>'
    if style.get("under"):
        yield f'<rect x="{left:.1f}" y="{top + HEIGHT - 2}" width="{width:.1f}" height="1" fill="{ink}"/>'
    for found in re.finditer(r"[▁-█]+|[^▁-█]+", text):
        at = left + columns_of(text[: found.start()]) * WIDTH
        if found.group()[0] in BLOCKS:
            for i, block in enumerate(found.group()):
                high = (BLOCKS.index(block) + 1) * (HEIGHT - 2) / len(BLOCKS)
                yield (f'<rect x="{at + i * WIDTH:.1f}" y="{top + HEIGHT - 1 - high:.1f}" width="{WIDTH - 0.4:.1f}" '
                       f'height="{high:.1f}" fill="{ink}"/>')
            continue
        for word in re.finditer(r"\S+( \S+)*", found.group()):
            x = at + columns_of(found.group()[: word.start()]) * WIDTH
            weight = ' font-weight="bold"' if style.get("bold") else ""
            yield (f'<text x="{x:.1f}" y="{top + HEIGHT - 5}" textLength="{columns_of(word.group()) * WIDTH:.1f}" '
                   f'fill="{ink}"{weight}>{html.escape(word.group())}</text>')


def svg_of(screen):
    wide, high = 2 * MARGIN + COLUMNS * WIDTH, 2 * MARGIN + ROWS * HEIGHT
    yield "<!-- made by: bazel run -c opt //tools/top:picture -->"
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high}" '
           f'viewBox="0 0 {wide:.0f} {high}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
           f'font-size="{SIZE}">')
    yield f'<rect width="{wide:.0f}" height="{high}" rx="6" fill="{PAPER}"/>'
    for row, line in enumerate(screen.splitlines()):
        column = 0
        for text, style in runs_of(line):
            yield from draw_run(text, style, column, row)
            column += columns_of(text)
    yield "</svg>"


# --- what is on the screen -------------------------------------------------------------------------------------------


def serve(folder):
    """A server, and where it listens."""
    server = subprocess.Popen([SERVER, "--port", "0"], env={"MMSTATS_PATH": folder}, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("listening on "):
            return server, line.split()[2]
    raise RuntimeError("the server does not start")


def send(url, pace, stop):
    """Requests that become more and fewer again."""
    period = random.uniform(3, 12)
    while not stop.is_set():
        what = random.choices(["/", "/bad", "/slow?ms=5", "/status"], [80, 3, 15, 2])[0]
        try:
            with urllib.request.urlopen(url + what, timeout=10) as answer:
                answer.read()
        except urllib.error.HTTPError:
            pass  # of /bad
        except OSError:
            return  # the server has ended
        stop.wait(pace * (1.1 + math.sin(time.monotonic() / period)) * random.uniform(0.5, 1.5))


def main():
    stop = threading.Event()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        servers = [serve(folder) for _ in range(3)]
        threads = [threading.Thread(target=send, args=(url, pace, stop))
                   for (_, url), pace in zip(servers, (0.02, 0.03, 0.05)) for _ in range(2)]
        for thread in threads:
            thread.start()
        with Terminal(folder, COLUMNS, ROWS, TERM="screen-256color") as terminal:
            terminal.run("-d", "0.5")
            terminal.wait_for("web.ok")
            time.sleep(SECONDS * 0.7)
            servers[2][0].kill()
            terminal.wait_for(" DEAD ")
            time.sleep(SECONDS * 0.3)
            terminal.press("Down")
            terminal.wait_for("> web.ok")
            screen = terminal.screen("-e")
            terminal.type("q")
        stop.set()
        for thread in threads:
            thread.join()
        for server, _ in servers:
            server.terminate()
            server.wait()
    OUT.write_text("\n".join(svg_of(screen)) + "\n", encoding="utf-8")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
