"""The user's dictionary from the names of a file to ours: typed in, or kept in a YAML file."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import yaml

from meshes.errors import InputError
from meshes.files import existing_file
from meshes.volumes.vocabulary import known_words, words_of


def read_translation(tags: Mapping[str, str] | str | Path | None) -> dict[str, str]:
    """Names or codes of a file, each with what it means.

    Args:
        tags: pairs, or a YAML file of them: a line `artery_wall: wall` or `3: csf` for each.

    Raises:
        InputError: the YAML file is missing, is no YAML, or is no list of pairs.
    """
    if tags is None:
        return {}
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    path = existing_file(tags, "mesh.tags")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or "not text"
        raise InputError(f"{path}: is no YAML ({line}{reason}); correct it") from error
    pairs = content.items() if isinstance(content, dict) else ()
    wrong = [key for key, value in pairs if isinstance(value, dict | list | None)]
    if not pairs or wrong:
        raise InputError(
            f"{path}: {f'{wrong[0]} has no single word' if wrong else 'is no list of names'}; "
            "write one line for each name, as in 'artery_wall: wall'"
        )
    return {str(key): str(value) for key, value in pairs}


def nearest_word(name: str, kind: str) -> str:
    """The word of the vocabulary that a name most resembles; empty if none does.

    Args:
        kind: "volumes" or "surfaces".
    """
    known = known_words(kind)
    for word in (name.lower(), *sorted(words_of(name), key=len, reverse=True)):
        near = get_close_matches(word, known, 1, 0.7)
        if near:
            return known[near[0]]
    return ""
