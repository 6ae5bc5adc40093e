"""Document types from YAML: one file a type, checked as it is read, with a sentence that names file and line."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from pipeline.domain.fields import Check, DocumentType, FieldKind, FieldSpec, OrderCheck, SumCheck, TableSumCheck
from pipeline.errors import ConfigurationError
from pipeline.normalise.checks import CHECKS
from pipeline.normalise.kinds import NORMALISERS

BUILT_IN = Path(__file__).parent


def load_types(extra: Path | None = None, enabled: set[str] | None = None) -> tuple[DocumentType, ...]:
    """Return the enabled types, each variant after the type it belongs to.

    Args:
        extra: a folder with an installation's own definitions; one of the same name replaces a built-in type. They
            are on unless they say `enabled: false`.
        enabled: names of types to switch on beside the installation's own; None: those whose definition says so.

    Raises:
        ConfigurationError: a definition is wrong, or `enabled` names an unknown type.
    """
    families: dict[str, tuple[DocumentType, ...]] = {family[0].name: family for family in _shipped_families()}
    own: set[str] = set()
    if extra is not None:
        if not extra.is_dir():
            raise ConfigurationError(f"The folder of document types {extra} does not exist: create it, or unset it.")
        for path in sorted((*extra.glob("*.yaml"), *extra.glob("*.yml"))):
            family = read_definition(path)
            families[family[0].name] = family
            own.add(family[0].name)
    if enabled is not None and (unknown := enabled - set(families)):
        raise ConfigurationError(
            f"There is no document type {sorted(unknown)[0]!r}: choose from {', '.join(sorted(families))}."
        )
    chosen = [
        family
        for name, family in families.items()
        if (family[0].enabled if enabled is None or name in own else False) or name in (enabled or ())
    ]
    types = tuple(doctype.model_copy(update={"enabled": True}) for family in chosen for doctype in family)
    _check_distinct(types)
    return types


def shipped_types() -> tuple[DocumentType, ...]:
    """Return every type that the product comes with, switched on or not, each variant after its type."""
    return tuple(doctype for family in _shipped_families() for doctype in family)


@cache
def _shipped_families() -> tuple[tuple[DocumentType, ...], ...]:
    """Return the definitions in the package, read once: that takes a third of a second."""
    folders = (BUILT_IN, BUILT_IN / "examples")
    return tuple(read_definition(path) for folder in folders for path in sorted(folder.glob("*.yaml")))


def read_definition(path: Path) -> tuple[DocumentType, ...]:
    """Return the type that a YAML file defines, followed by its variants as full types.

    Raises:
        ConfigurationError: the file cannot be used; the sentence names file, line and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data: object = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, the faster one where it is built
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise ConfigurationError(
            f"The document type in {path.name}{line} is not valid YAML: {getattr(error, 'problem', None) or error}."
        ) from error
    if not isinstance(data, dict):
        raise ConfigurationError(f"The document type in {path.name} is empty: give it a name, a title and fields.")
    content = cast("dict[str, Any]", data)
    variants = content.pop("variants", [])
    if not isinstance(variants, list):
        raise ConfigurationError(f"The variants in {path.name} are not a list: begin each with a dash.")
    main = _validated(content, path, text, ())
    found = [main]
    for index, variant in enumerate(cast("list[object]", variants)):
        given = cast("dict[str, Any]", variant) if isinstance(variant, dict) else {}
        found.append(
            _validated(content | given | {"variant_of": main.name}, path, text, ("variants", index)),
        )
    return tuple(found)


_LOADER = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _compose(text: str) -> yaml.Node | None:
    """Return the nodes of a YAML text, which know their lines."""
    return cast("yaml.Node | None", yaml.compose(text, yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]


def _validated(content: dict[str, Any], path: Path, text: str, prefix: tuple[str | int, ...]) -> DocumentType:
    try:
        doctype = DocumentType.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        location = tuple(part for part in first["loc"])
        node = _compose(text)
        where = _line(node, prefix + location) or _line(node, location)
        line = f", line {where}" if where else ""
        raise ConfigurationError(
            f"The document type in {path.name}{line} is wrong at {_spelled(location, content)}: {first['msg']}."
        ) from error
    problem = _find_problem(doctype)
    if problem:
        raise ConfigurationError(f"The document type in {path.name} is wrong: {problem}")
    return doctype


def _spelled(location: Sequence[str | int], content: dict[str, Any]) -> str:
    """Return the place in words: `fields, invoice_number, kind`."""
    words: list[str] = []
    here: object = content
    for part in location:
        if isinstance(here, list) and isinstance(part, int):
            entries = cast("list[object]", here)
            here = entries[part] if part < len(entries) else None
        elif isinstance(here, dict):
            here = cast("dict[str, object]", here).get(str(part))
        else:
            here = None
        name = cast("dict[str, object]", here).get("name") if isinstance(here, dict) else None
        words.append(str(name) if isinstance(part, int) and name else str(part))
    return ", ".join(words) or "its top"


def _line(node: yaml.Node | None, location: tuple[str | int, ...]) -> int | None:
    """Return the line, from 1, of the deepest part of `location` that the file has."""
    line: int | None = None
    for part in location:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    below, line = value, _line_of(key)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            below = node.value[part]
            line = _line_of(node.value[part])
        if below is None:
            break
        node = below
    return line


def _line_of(node: yaml.Node) -> int | None:
    return node.start_mark.line + 1 if node.start_mark is not None else None  # pyright: ignore[reportUnnecessaryComparison]


def _find_problem(doctype: DocumentType) -> str | None:
    names = [spec.name for spec in doctype.fields]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        return f"the field {repeated!r} is defined twice."
    for spec in doctype.fields:
        problem = _field_problem(spec)
        if problem:
            return problem
    for check in doctype.checks:
        missing = next((name for name in _named_in(check) if name not in names), None)
        if missing:
            return f"a check names the field {missing!r}, which the type does not have."
        table = getattr(check, "table", None)
        if table is not None:
            columns = {column.name for column in doctype.field(table).columns}
            wanted = {check.column} if isinstance(check, TableSumCheck) else _columns_in(check)
            if wanted - columns:
                return f"a check names the column {sorted(wanted - columns)[0]!r}, which {table!r} does not have."
    for role, name in doctype.summary.model_dump().items():
        if name is not None and name not in names:
            return f"the summary's {role} names the field {name!r}, which the type does not have."
    return None


def _field_problem(spec: FieldSpec) -> str | None:
    if spec.normaliser is not None and spec.normaliser not in NORMALISERS:
        known = ", ".join(sorted(NORMALISERS))
        return f"the field {spec.name!r} names the normaliser {spec.normaliser!r}; known are {known}."
    unknown = next((name for name in spec.checks if name not in CHECKS), None)
    if unknown:
        return f"the field {spec.name!r} names the check {unknown!r}; known are {', '.join(sorted(CHECKS))}."
    if (spec.kind is FieldKind.TABLE) != bool(spec.columns):
        return f"the field {spec.name!r} needs columns if it is a table, and has none otherwise."
    if spec.item_kind is not None and spec.kind is not FieldKind.LIST:
        return f"the field {spec.name!r} has an item_kind, which only lists have."
    return None


def _named_in(check: Check) -> tuple[str, ...]:
    if isinstance(check, SumCheck):
        return (*check.parts, check.total)
    if isinstance(check, OrderCheck):
        return (check.earlier, check.later)
    if isinstance(check, TableSumCheck):
        return (check.table, *check.totals)
    return (check.table,)


def _columns_in(check: Check) -> set[str]:
    if check.kind != "row_product":
        return set()
    return {*check.factors, check.product, *([check.discount] if check.discount else [])}


def _check_distinct(types: tuple[DocumentType, ...]) -> None:
    names = [doctype.name for doctype in types]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise ConfigurationError(f"Two document types are called {repeated!r}: rename one of them.")
