"""Which formats there are, and how the reader of a corpus is made."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from corpora.provenance import ROLES
from corpora.spec import CorpusSpec
from tamis.errors import ConfigError
from tamis.records import Reader

FORMATS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "csv": ("corpora.csv_file:CsvReader", ("delimiter",)),
        "datasets": ("corpora.hub:HubReader", ("config", "split", "revision")),
        "image-folder": ("corpora.image_folder:ImageFolderReader", ()),
        "jsonl": ("corpora.jsonl:JsonlReader", ()),
        "parquet": ("corpora.parquet:ParquetReader", ()),
        "python-environment": ("corpora.python_environment:PythonEnvironmentReader", ()),
        "webdataset": ("corpora.webdataset:WebDatasetReader", ()),
    }
)
"""Format → where its reader is, and the options it knows."""


def reader_for(spec: CorpusSpec) -> Reader:
    """The reader of a corpus.

    Raises:
        ConfigError: the format, an option or a role of a column is not known.
    """
    where = f"corpus {spec.name!r}"
    if spec.format not in FORMATS:
        raise ConfigError.unknown("format", spec.format, FORMATS, where=where)
    place, options = FORMATS[spec.format]
    for name, _ in spec.options:
        if name not in options:
            raise ConfigError.unknown("option", name, options, where=where)
    for role, _ in spec.columns:
        if role not in ROLES:
            raise ConfigError.unknown("role of a column", role, ROLES, where=where)
    module, name = place.split(":")
    reader: Reader = getattr(importlib.import_module(module), name)(spec)
    return reader
