"""Prints the reference of the SDK for Python as Markdown.

Griffe reads the sources and their docstrings, and does not run them. Usage: python python_reference.py FOLDER_OF_SOURCES
"""

import re
import sys

import griffe

INDENT = "    "


def signature(function: griffe.Function, name: str) -> str:
    """Returns how to call a function, with one parameter on each line if it has more than two."""
    parts: list[str] = []
    keyword_only = False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind
        if kind is griffe.ParameterKind.keyword_only and not keyword_only:
            parts.append("*")
            keyword_only = True
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(kind, "")
        keyword_only = keyword_only or stars == "*"
        default = f" = {parameter.default}" if parameter.default is not None and not stars else ""
        parts.append(f"{stars}{parameter.name}: {parameter.annotation}{default}")
    inside = ", ".join(parts) if len(parts) < 3 else "\n" + "".join(f"{INDENT}{part},\n" for part in parts)
    prefix = "async def" if "async" in function.labels else "def"
    return f"{prefix} {name}({inside}) -> {function.returns}"


def comment(thing: griffe.Object) -> str:
    text = thing.docstring.value if thing.docstring else ""
    if isinstance(thing, griffe.Function):
        # Lines that begin with the name of a parameter are a list.
        names = "|".join(re.escape(parameter.name) for parameter in thing.parameters)
        text = re.sub(rf"^({names}): ", r"- `\1`: ", text, flags=re.MULTILINE)
    return "".join(f"&#{ord(c)};" if c in "<>{}|*" else c for c in text)


def code(text: str) -> str:
    return f"```python\n{text}\n```\n"


def public(members: dict[str, griffe.Object]) -> list[griffe.Object]:
    return [member for name, member in members.items() if not name.startswith("_") and not member.is_alias]


def attributes(owner: griffe.Class) -> str:
    rows = [
        f"| `{a.name}` | `{str(a.annotation).replace('|', chr(92) + '|')}` | {' '.join(comment(a).split())} |\n"
        for a in public(owner.members)
        if a.is_attribute and a.annotation is not None
    ]
    return "| Attribute | Type | Meaning |\n|---|---|---|\n" + "".join(rows) + "\n" if rows else ""


def section(thing: griffe.Object) -> str:
    """Returns the part of the page about a name that the package exports."""
    head = f"## {thing.name}\n\n"
    if isinstance(thing, griffe.Function):
        return head + code(signature(thing, thing.name)) + f"\n{comment(thing)}\n\n"
    if not isinstance(thing, griffe.Class):
        return head + code(f"{thing.name} = {thing.value}") + f"\n{comment(thing)}\n\n"
    bases = ", ".join(str(base) for base in thing.bases)
    made = thing.members.get("__init__")
    how = f"class {thing.name}({bases})" if bases else f"class {thing.name}"
    text = head + code(how) + f"\n{comment(thing)}\n\n"
    if isinstance(made, griffe.Function) and made.docstring:
        text += code(signature(made, thing.name).removeprefix("def ").removesuffix(" -> None")) + f"\n{comment(made)}\n\n"
    text += attributes(thing)
    for method in public(thing.members):
        if isinstance(method, griffe.Function):
            text += f"### {thing.name}.{method.name}\n\n{code(signature(method, method.name))}\n{comment(method)}\n\n"
    return text


def main() -> None:
    package = griffe.load("millrace", search_paths=[sys.argv[1]])
    exported = [package[name] for name in sorted(package.exports or ())]
    things = [thing.final_target if thing.is_alias else thing for thing in exported]
    print("---\noutline: [2, 3]\n---\n\n# `millrace` for Python\n")
    print("".join(section(thing) for thing in things if thing.name != "VERSION"))


main()
