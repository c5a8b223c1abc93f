"""Writes the page: figures and plots made here, lists made in the browser from one block of data.

The page is one file that asks nothing of a network. Its policy lets run only the script and style that stand
in the package (by their hashes), so that nothing in a document, a pair or a file name can become code.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.files import whole_file
from qagen.report.contents import MOST_CONFLICTS, MOST_PAIRS, make_sheets, page_data, read_texts
from qagen.report.evaluation import find_section, make_section
from qagen.report.figures import draw_plots
from qagen.report.summary import summarise

if TYPE_CHECKING:
    from jinja2 import Environment

    from qagen.evaluation import ReportCard
    from qagen.pairs import QADataset
    from qagen.records import Coverage
    from qagen.report.contents import Texts

# What could end the element, begin a comment, or break a line of a script; and halves of characters, which
# UTF-8 has no bytes for.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udfff]")


def write_report(dataset: QADataset, path: str | Path, *, evaluation: ReportCard | None = None) -> Path:
    """Write the page of a dataset: one HTML file, whole or not at all; returns its path.

    It shows all figures of the dataset. Of very large ones it lists the first 50,000 pairs and dropped pairs,
    2,000 conflicts and 20 million characters of text, and says so.

    Args:
        dataset: What the page is about.
        path: The file to write.
        evaluation: What came of asking the tuned model; by default ``evaluation.json`` of the dataset's run
            folder, where there is one. A damaged one does not stop the page, which says what is wrong.

    Raises:
        RunFolderError: The file cannot be written, or the dataset's run folder cannot be read.
    """
    page = _HALVES.sub("\ufffd", render_report(dataset, evaluation=evaluation))
    with whole_file(Path(path)) as file:
        file.write(page)
    return Path(path)


def render_report(dataset: QADataset, *, evaluation: ReportCard | None = None) -> str:
    """The page of a dataset as text."""
    texts = read_texts(dataset)
    coverage = _dataset_coverage(dataset, texts)
    sheets = make_sheets(texts, dataset, coverage)
    style, script = (
        files("qagen.report").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js")
    )
    return (
        _page_templates()
        .get_template("page.html")
        .render(
            summary=summarise(dataset, coverage, sources=[*sheets]),
            evaluation=find_section(dataset.run) if evaluation is None else make_section(evaluation),
            plots=draw_plots(dataset, dataset.passages),
            data=json_block(page_data(dataset, sheets)),
            most_pairs=MOST_PAIRS,
            most_conflicts=MOST_CONFLICTS,
            style=style,
            script=script,
            style_hash=_policy_hash(style),
            script_hash=_policy_hash(script),
        )
    )


def json_block(value: Any) -> str:
    """JSON for a ``<script type="application/json">``: whatever its texts hold, none of it leaves there."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _dataset_coverage(dataset: QADataset, texts: Texts) -> Coverage | None:
    from qagen.pairs.gaps import measure_coverage

    if dataset.coverage is not None or not texts.texts:
        return dataset.coverage
    return measure_coverage(texts.texts, dataset)


def _page_templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qagen.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = "{:,}".format
    return environment


def _policy_hash(text: str) -> str:
    """As a content security policy names what may run."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
