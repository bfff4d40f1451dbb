#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes C data tables and the tables of SPEC.md from format.toml, vectors/ and models/.

    python3 spec/generate.py          writes format/tables_gen.h, format/tables_gen.c, and the tables in spec/SPEC.md
    python3 spec/generate.py --check  writes nothing; fails when one of them is not what would be written

Data only: what a layout or a rule means is said in SPEC.md and done in format/.
"""

import argparse
import difflib
import re
import sys
import tomllib
from pathlib import Path

# Not resolved: in a test this is the folder of its runfiles.
ROOT = Path(__file__).absolute().parent.parent
COMMAND = "python3 spec/generate.py"
CLASSES = ["none", "int", "uint", "float", "bool", "text"]
NOTE = f"""/* SPDX-License-Identifier: MIT
 *
 * Generated from spec/format.toml by `{COMMAND}`: do not edit. */
"""


class Mistake(Exception):
    """format.toml contradicts itself."""


# --- the table file -----------------------------------------------------------------------------------------


def load(path):
    with open(path, "rb") as file:
        table = tomllib.load(file)
    check(table)
    return table


def names(rows):
    return [row["name"] for row in rows]


def check(table):
    """What the C tables take for granted."""
    for kind, key in [("type", "name"), ("code", "code"), ("layout", "name"), ("id", "id"), ("id", "name"),
                      ("metric", "value"), ("metric", "name"), ("rule", "id"), ("rule", "name"), ("limit", "name"), ("mark", "name"), ("mark", "label")]:
        seen = [row[key] for row in table[kind]]
        if len(set(seen)) != len(seen):
            raise Mistake(f"{kind}: a {key} stands there twice")
    types, layouts, metrics = names(table["type"]), names(table["layout"]), names(table["metric"])
    for row in table["type"]:
        known(row["class"], CLASSES, row)
    for row in table["code"]:
        if len(row["code"]) != 1 or not 32 < ord(row["code"]) < 127:
            raise Mistake(f"code {row['code']!r} is no printable ASCII character")
        known(row["native"], types, row)
        known(row.get("standard", types[0]), types, row)
    for row in table["id"]:
        known(row["layout"], layouts, row)
        known(row.get("type", types[0]), types, row)
        known(row.get("metric", metrics[0]), metrics, row)
    for row in table["sys"]:
        known(row["id"], names(table["id"]), row)
        known(row["metric"], metrics, row)
    limits = {row["name"]: row["value"] for row in table["limit"]}
    if [row["size"] for row in table["id"] if "size" in row] != [limits["STATIC_TEXT"]]:
        raise Mistake("data type STATIC_TEXT and limit STATIC_TEXT differ")
    if [row["value"] for row in table["metric"]] != list(range(len(metrics))):
        raise Mistake("the metric kinds are not numbered from 0 on")
    if [row["id"] for row in table["id"]] != sorted(row["id"] for row in table["id"]):
        raise Mistake("the data types are not in order")


def known(name, names_, row):
    if name not in names_:
        raise Mistake(f"{name!r} is not in the table, in {row}")


def sys_name(row):
    return row["label"].rpartition(".")[2].upper()


# --- C ------------------------------------------------------------------------------------------------------


def c_string(text):
    if not text.isascii() or not text.isprintable():
        raise Mistake(f"{text!r} is not printable ASCII")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def c_enum(name, comment, rows):
    """rows: (constant, value or None, comment or None)"""
    lines = [f"/* {comment} */", f"enum {name} {{"]
    for key, value, text in rows:
        lines += [f"    /* {text} */"] if text else []
        lines.append(f"    {key}," if value is None else f"    {key} = {value},")
    return "\n".join(lines + ["};", ""])


def c_define(rows):
    width = max(len(name) for name, _, _ in rows)
    return "".join((f"/* {text} */\n" if text else "") + f"#define {name:<{width}} {value}\n"
                   for name, value, text in rows)


def header(table):
    parts = [NOTE, "#ifndef MMSTATS_TABLES_GEN_H\n#define MMSTATS_TABLES_GEN_H\n"]
    parts.append(c_define([(f"MMS_LIMIT_{row['name']}", row["value"], row["text"]) for row in table["limit"]]))
    parts.append(c_enum("mms_class", "How a value is delivered.",
                        [(f"MMS_CLASS_{name.upper()}", None, None) for name in CLASSES]))
    parts.append(c_enum("mms_type", "Elementary types.",
                        [(f"MMS_TYPE_{name}", None, None) for name in names(table["type"])]))
    parts.append(c_enum("mms_layout", "Layouts of a record's body.",
                        [(f"MMS_LAYOUT_{row['name']}", None, row["text"]) for row in table["layout"]]))
    parts.append(c_enum("mms_id", "Data types of version 2.",
                        [(f"MMS_ID_{row['name']}", row["id"], None) for row in table["id"]]))
    parts.append(c_enum("mms_metric", "Metric kinds: the low byte of metric_type.",
                        [(f"MMS_METRIC_{row['name']}", row["value"], row["text"]) for row in table["metric"]]))
    parts.append(c_enum("mms_flag", "Flags: the high byte of metric_type.",
                        [(f"MMS_FLAG_{row['name']}", f"0x{row['value']:02x}", row["text"]) for row in table["flag"]]))
    parts.append(c_enum("mms_rule", "Rules of SPEC.md that a decoder checks, by their numbers.",
                        [(f"MMS_RULE_{row['name']}", row["id"], row["text"]) for row in table["rule"]]))
    parts.append(c_enum("mms_sys", "The default fields (R510), in their order.",
                        [(f"MMS_SYS_{sys_name(row)}", None, row["text"]) for row in table["sys"]]))
    parts.append(c_define([(f"MMS_LABEL_{row['name']}", c_string(row["label"]), row["text"])
                           for row in table["mark"]]))
    parts.append("""/* A default field: how a record of either version describes it. */
struct mms_sys_field {
    const char *label;
    const char *signature;  /* version 1 */
    enum mms_id id;         /* version 2 */
    enum mms_metric metric; /* version 2 */
};
""")
    parts.append("/* How many of each there are. */\n" + c_define([
        ("MMS_TYPES", len(table["type"]), ""), ("MMS_LAYOUTS", len(table["layout"]), ""),
        ("MMS_IDS", table["id"][-1]["id"] + 1, "one above the last: not all numbers are in use"),
        ("MMS_METRICS", len(table["metric"]), ""), ("MMS_RULES", len(table["rule"]), ""),
        ("MMS_SYS_FIELDS", len(table["sys"]), "")]))
    parts.append("#endif\n")
    return "\n".join(parts)


def c_array(declaration, comment, rows):
    return "\n".join([f"/* {comment} */", f"const {declaration} = {{"] + [f"    {row}," for row in rows] + ["};", ""])


def source(table):
    metric = {row["name"]: row["value"] for row in table["metric"]}
    lower = {row["name"]: c_string(row["name"].lower()) for kind in ("type", "layout", "metric", "id")
             for row in table[kind]}
    parts = [NOTE, '#include "format/tables.h"\n']
    parts.append(c_array(
        "struct mms_type_row mms_table_types[MMS_TYPES]", "By enum mms_type: class, size, name.",
        [f"[MMS_TYPE_{row['name']}] = {{MMS_CLASS_{row['class'].upper()}, {row['size']}, {lower[row['name']]}}}"
         for row in table["type"]]))
    parts.append(c_array(
        "struct mms_code_row mms_table_codes[128]",
        "By character: is it a code, has it a standard type, is a count its size; native type, standard type.",
        ["['{}'] = {{true, {}, {}, MMS_TYPE_{}, MMS_TYPE_{}}}".format(
            row["code"], *("true" if flag else "false" for flag in ("standard" in row, row.get("counted", False))),
            row["native"], row.get("standard", "PAD")) for row in table["code"]]))
    parts.append(c_array(
        "struct mms_id_row mms_table_ids[MMS_IDS]",
        "By data type: name (NULL: no such), layout, type, size of a value (0: it stands elsewhere), metric kind.",
        ["[MMS_ID_{}] = {{{}, MMS_LAYOUT_{}, MMS_TYPE_{}, {}, MMS_METRIC_{}}}".format(
            row["name"], lower[row["name"]], row["layout"], row.get("type", "PAD"), value_size(table, row),
            row.get("metric", "UNKNOWN")) for row in table["id"]]))
    parts.append(c_array(
        "char *const mms_table_layouts[MMS_LAYOUTS]", "Names by enum mms_layout.",
        [f"[MMS_LAYOUT_{name}] = {lower[name]}" for name in names(table["layout"])]))
    parts.append(c_array(
        "char *const mms_table_metrics[MMS_METRICS]", "Names by metric kind.",
        [f"[MMS_METRIC_{name}] = {lower[name]}" for name in metric]))
    parts.append(c_array(
        "struct mms_rule_row mms_table_rules[MMS_RULES]",
        "The rules that a decoder checks: number, error, name, what is wrong, what is expected.",
        [f"{{MMS_RULE_{row['name']}, {row['error']}, {c_string(row['name'])},\n     {c_string(row['text'])},\n"
         f"     {c_string(row['expected'])}}}" for row in table["rule"]]))
    parts.append(c_array(
        "struct mms_sys_field mms_table_sys[MMS_SYS_FIELDS]",
        "By enum mms_sys: label, signature of version 1, data type and metric kind of version 2.",
        [f"[MMS_SYS_{sys_name(row)}] = {{{c_string(row['label'])}, {c_string(row['signature'])}, "
         f"MMS_ID_{row['id']}, MMS_METRIC_{row['metric']}}}" for row in table["sys"]]))
    return "\n".join(parts)


def value_size(table, row):
    if "size" in row or "type" not in row:
        return row.get("size", 0)
    return next(type_["size"] for type_ in table["type"] if type_["name"] == row["type"])


# --- Markdown -----------------------------------------------------------------------------------------------


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def size_text(size):
    return size if size else "-"


def md_codes(table):
    sizes = {row["name"]: row["size"] for row in table["type"]}

    def cells(row, key):
        if key not in row:
            return ["none", "-"]
        return [row[key], "the count" if row.get("counted") else sizes[row[key]]]

    return markdown(["code", "native type", "bytes", "standard type", "bytes"],
                    [[f"`{row['code']}`", *cells(row, "native"), *cells(row, "standard")] for row in table["code"]])


def md_metrics(table):
    rows = [[row["value"], row["name"], row["text"]] for row in table["metric"]]
    rows += [[f"flag `{row['value']:02x}`", row["name"], row["text"]] for row in table["flag"]]
    return markdown(["value", "name", "meaning"], rows)


def md_ids(table):
    return markdown(["data type", "name", "layout", "type", "bytes", "metric kind"],
                    [[row["id"], row["name"], row["layout"], row.get("type", "-"), size_text(value_size(table, row)),
                      row.get("metric", "UNKNOWN")] for row in table["id"]])


def blocks(table):
    """The tables of SPEC.md by name."""
    return {
        "limits": markdown(["limit", "value", "what"],
                           [[row["name"], row["value"], row["text"]] for row in table["limit"]]),
        "types": markdown(["type", "class", "bytes"],
                          [[row["name"], row["class"], size_text(row["size"])] for row in table["type"]]),
        "codes": md_codes(table),
        "ids": md_ids(table),
        "layouts": markdown(["layout", "body", "what"],
                            [[row["name"], row["body"], row["text"]] for row in table["layout"]]),
        "metrics": md_metrics(table),
        "sys": markdown(["label", "version 1", "version 2", "metric kind", "what"],
                        [[f"`{row['label']}`", f"`{row['signature']}`", row["id"], row["metric"], row["text"]]
                         for row in table["sys"]]),
        "rules": markdown(["rule", "name", "error", "what is wrong", "the offset points to"],
                          [[f"R{row['id']}", row["name"], row["error"], row["text"], row["at"]]
                           for row in table["rule"]]),
        "examples": examples(),
        "models": models(),
    }


def examples():
    """The worked examples come from the recipes of the vectors."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT / "spec"))
    import recipe
    return recipe.examples_markdown().strip("\n")


def models():
    """The appendix comes from what the models' runs are recorded to come to."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT / "spec" / "models"))
    import table
    return table.markdown()


def fill(text, made):
    """SPEC.md with its tables put in between their two marks."""
    found = set()

    def put(match):
        name = match.group(2)
        found.add(name)
        return f"{match.group(1)}\n{made[name]}\n{match.group(3)}" if name in made else match.group(0)

    filled = re.sub(r"(<!-- table: (\w+) -->)\n.*?(<!-- end -->)", put, text, flags=re.DOTALL)
    missing = set(made) - found
    if missing:
        raise Mistake(f"SPEC.md has no place for {', '.join(sorted(missing))}")
    return filled


# --- command line -------------------------------------------------------------------------------------------


def outputs():
    """What is to be in each file, by its path."""
    table = load(ROOT / "spec" / "format.toml")
    spec = ROOT / "spec" / "SPEC.md"
    return {
        ROOT / "format" / "tables_gen.h": header(table),
        ROOT / "format" / "tables_gen.c": source(table),
        spec: fill(spec.read_text(encoding="utf-8"), blocks(table)),
    }


def differences(path, wanted):
    name = str(path.relative_to(ROOT))
    have = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(difflib.unified_diff(have.splitlines(), wanted.splitlines(), f"{name} as it is",
                                     f"{name} as it would be made", lineterm=""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file is out of date")
    arguments = parser.parse_args()
    try:
        made = outputs()
    except Mistake as mistake:
        print(f"spec/format.toml: {mistake}", file=sys.stderr)
        return 1
    stale = False
    for path, text in made.items():
        lines = differences(path, text)
        if not lines:
            continue
        stale = True
        if arguments.check:
            print("\n".join(lines), file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    if stale and arguments.check:
        print(f"\nOut of date with spec/format.toml: `{COMMAND}` mends it.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
