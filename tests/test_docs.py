"""The pages are run: every code block of the README and of docs/.

The blocks of a page run in their order, in one folder and one namespace; the folder has a copy of
``examples/documents``, as a checkout has it.

- ``python`` is executed.
- ``bash``: each ``qagen ...`` line is run. Other lines (pip, make, ollama) are only checked for syntax.
- ``text`` right behind one of these is what it prints; ``python tests/test_docs.py [PAGE...]`` writes it.
- ``yaml`` and ``json`` are read.
- ``<!-- not run: why -->`` above a block leaves it out; Python must be Python all the same.

Nothing of qagen is replaced. A hosted model is a server on loopback, which OpenAI's client finds through
``OPENAI_BASE_URL``; a server of one's own is the same one, put in the place of the address after
``--base-url``. The embedded model is the smallest one, asked about one passage of a document. What it said is
recorded in ``docs_embedded.json`` and stands in the ledger of a run before it begins; so its pairs, and what
is made of them, are the same everywhere. ``python tests/test_docs.py`` asks for what is not recorded, and
records it; with the file deleted, that is everything.

On the page on tuning the server is ``TuningServer``, which answers as the tuned model too, and on that on
evaluation ``ExamServer``, whose tuned model knows what it was trained on. What is trained on this machine is
a model of a hundred thousand parameters; it is asked few questions.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from chat_server import TEXT_TAG, ChatServer, last_text, pairs_of_the_text
from exam import ExamServer
from gold_model import gold_answer
from stages import approve_all, stage_of
from tiny_model import make_tiny_model
from tuning_server import KEY, MODEL, RUNNING, SUCCEEDED, VALIDATING, TuningServer
from typer.testing import CliRunner

from qagen.cli import app
from qagen.evaluation.records import ProbeKind
from qagen.flow.recipe import divided
from qagen.llm.embedded.weights import find_weights
from qagen.llm.ledger import Call, CallState, Entry, Ledger
from qagen.pairs.writing.prompts import VARIABLES
from qagen.records import Form, Part, Usage

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
HOSTED = ("gpt-6-luna", "qwen3:8b", "Qwen/Qwen3-8B", "qwen/qwen3-8b")
SMALLEST = "local:smollm2-135m"
# The smallest model is only there to be asked at all: it writes pairs, and no wordings.
PLAIN = (
    "--fill-rounds",
    "0",
    "--review",
    "off",
    "--forms",
    "1",
    "--held-out",
    "0",
    "--kinds=",
    "--no-divide",
)
EMBEDDED = ".embedded"  # marks the run folders the embedded model wrote
RECORDED = Path(__file__).with_name("docs_embedded.json")
MOST_LEFT_OUT = 2

FENCE = re.compile(
    r"^(?P<open>`{3,}|~{3,})(?P<kind>[\w-]*)[^\n]*\n(?P<code>.*?)^(?P=open)[ \t]*$", re.DOTALL | re.MULTILINE
)
LEFT_OUT = re.compile(r"<!-- not run: (?P<why>[^\n]+) -->\s*\Z")
EXIT_CODE = re.compile(r"# exit code (\d+)\s*$")
SERVER_ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+/v1")
# What the scripted model knows about the example documents. With "article" it is a deadline of the ordinance.
FACTS = json.loads(Path(__file__).with_name("docs_replies.json").read_text("utf-8"))


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: ``start`` and ``end`` are the place of its code in the page."""

    kind: str
    code: str
    line: int
    start: int
    end: int
    why_not: str
    shows_output: bool

    @property
    def runs(self) -> bool:
        return self.kind in {"python", "bash"} and not self.why_not


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    behind = 0
    for match in FENCE.finditer(text):
        before = text[behind : match.start()]
        left_out = LEFT_OUT.search(before)
        follows = bool(found) and not before.strip() and match["kind"] == "text"
        found.append(
            Block(
                kind=match["kind"],
                code=match["code"],
                line=text.count("\n", 0, match.start("code")) + 1,
                start=match.start("code"),
                end=match.end("code"),
                why_not=left_out["why"] if left_out else "",
                shows_output=follows and found[-1].runs,
            )
        )
        behind = match.end()
    return found


def reply(messages: Sequence[Mapping[str, Any]]) -> str:
    """What a good model would say about the example documents, in the form that is asked for."""
    prompt = "\n\n".join(str(message["content"]) for message in messages)
    stage = stage_of(prompt)
    if stage == "review":
        return json.dumps(approve_all(prompt))
    if stage != "write":
        return gold_answer(prompt)
    text = " ".join(" ".join(TEXT_TAG.findall(last_text(messages)) or [last_text(messages)]).split())
    stated = [fact for fact in FACTS if fact["quote"] in text]
    if "give the article" in json.dumps(messages):  # the worked example of docs/prompts.md
        return json.dumps({"deadlines": [fact for fact in stated if "article" in fact]})
    pairs = [{key: fact[key] for key in ("question", "answer", "quote")} for fact in stated]
    return json.dumps({"question_answer_pairs": pairs}) if pairs else pairs_of_the_text(messages)


def tuned_reply(messages: Sequence[Mapping[str, Any]]) -> str:
    """What a model would say that has learnt the facts, or is asked to write pairs."""
    learnt = {fact["question"]: fact["answer"] for fact in FACTS}
    return learnt.get(last_text(messages)) or reply(messages)


def service(page: Path) -> ChatServer | TuningServer:
    """The server a page talks to."""
    if page.name not in {"tuning.md", "evaluation.md"}:
        return ChatServer(models=HOSTED, key=KEY, reply=reply)
    models = dict.fromkeys((MODEL, *HOSTED))
    life = (VALIDATING, RUNNING, SUCCEEDED)
    kind = ExamServer if page.name == "evaluation.md" else TuningServer
    return kind(models=models, processing=0, life=life, reply=tuned_reply)


@contextlib.contextmanager
def workplace(folder: Path, page: Path) -> Iterator[ChatServer | TuningServer]:
    """The folder a page runs in, and the environment."""
    shutil.copytree(ROOT / "examples" / "documents", folder / "examples" / "documents")
    before, environment = Path.cwd(), dict(os.environ)
    with service(page) as server:
        os.chdir(folder)
        os.environ |= {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": server.base_url,
            "AZURE_OPENAI_API_KEY": KEY,
            "NEBIUS_API_KEY": KEY,
            "LANGSMITH_TRACING": "false",
            "MPLBACKEND": "agg",
        }
        os.environ |= {"COLUMNS": "110", "NO_COLOR": "1"}
        try:
            yield server
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)


def run_block(
    block: Block, page: Path, namespace: dict[str, Any], server: ChatServer | TuningServer, warm: Path
) -> str:
    """Run it; what it prints."""
    if block.kind == "bash":
        return "".join(run_command(command, server, warm) for command in commands(block.code))
    code = block.code.replace('"local"', f'"{SMALLEST}"')
    code = code.replace('"examples/documents/", ', '"examples/documents/", limit=2, ')
    if "train_locally(" in code:
        code = code.replace(f'"{SMALLEST}"', f'"{tiny_model()}", n_epochs=1')
    tree = ast.parse("\n" * (block.line - 1) + code, filename=str(page))
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, page, "exec", dont_inherit=True), namespace)  # noqa: S102 - our own pages
    return printed.getvalue()


def commands(code: str) -> list[str]:
    """The lines of a bash block; one that ends in a backslash goes on."""
    return [line.strip() for line in code.replace("\\\n", " ").splitlines() if line.strip()]


def tiny_model() -> Path:
    """A model that is trained in a second, in the folder of the page."""
    folder = Path("tiny-model").resolve()
    return folder if folder.exists() else make_tiny_model(folder)


def run_command(command: str, server: ChatServer | TuningServer, warm: Path) -> str:
    words = shlex.split(SERVER_ADDRESS.sub(server.base_url, command), comments=True)
    if not words or Path(words[0]).name != "qagen":
        subprocess.run(["bash", "-n"], input=command, text=True, check=True)
        return ""
    if words[1] == "generate" and (
        "--llm" not in words or words[words.index("--llm") + 1].startswith("local")
    ):
        return run_embedded(words[1:], warm)
    if words[1] == "check" and Path(words[2]).with_name(EMBEDDED).exists():
        return invoke(words[1:], {1})  # fewer examples than a service takes
    exit_code = EXIT_CODE.search(command)
    return invoke([*words[1:], *quickly(words)], {int(exit_code[1]) if exit_code else 0})


def quickly(words: Sequence[str]) -> list[str]:
    """Options that make what takes minutes quick: a whole folder, and what runs on this machine."""
    if words[1] == "generate" and "examples/documents" in words:
        return ["--limit", "2"]
    if words[1] == "tune" and "local" in words:
        return ["--model", str(tiny_model()), "--n-epochs", "1"]
    on_this_machine = words[1] == "evaluate" and Path(words[2], "model").exists()
    return ["--kinds", "V", "--limit", "2"] if on_this_machine else []


def run_embedded(words: list[str], warm: Path) -> str:
    """The last option of a kind counts, so that these replace what the page says."""
    folder = Path(words[words.index("-o") + 1])
    folder.mkdir(exist_ok=True)
    (folder / EMBEDDED).touch()
    if not (folder / "ledger.sqlite").exists():
        shutil.copy(warm, folder / "ledger.sqlite")
    printed = invoke([*words, "--llm", SMALLEST, "--limit", "1", *PLAIN], {0, 3})
    shutil.copy(folder / "ledger.sqlite", warm)
    return printed


def put_recorded(file: Path) -> None:
    """Make a ledger of what the embedded model said once."""
    known = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else []
    with Ledger(file) as ledger:
        for said in known:
            call, entry = Call(**said["call"]), said["entry"]
            ledger.claim(call)
            ledger.finish(call.key, Entry(**{**entry, "usage": Usage(**entry["usage"])}))


def said_in(file: Path) -> list[dict[str, Any]]:
    """The calls of a ledger as they are recorded, in the order of their passages."""
    names = [field.name for field in fields(Call)]
    with contextlib.closing(sqlite3.connect(file)) as db:
        rows = db.execute(f"SELECT {', '.join(names)} FROM calls ORDER BY passage, key").fetchall()  # noqa: S608
    calls = [dict(zip(names, row, strict=True)) for row in rows]
    with Ledger(file) as ledger:
        entries = {call["key"]: ledger.entry(call["key"]) for call in calls}
    return [
        {"call": call, "entry": {**asdict(entry), "usage": entry.usage.model_dump()}}
        for call in calls
        if (entry := entries[call["key"]]) is not None
    ]


def invoke(words: list[str], expected: set[int]) -> str:
    result = CliRunner().invoke(app, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in expected, f"qagen {shlex.join(words)}\n{result.output}"
    # Where the page is tried, and how long it took, is not what it tells.
    printed = result.stdout.replace(Path.cwd().as_uri(), "file:///home/you")
    return re.sub(r"(?m)^( time +)\d.*$", r"\g<1>2 s", printed)


def run_page(page: Path, folder: Path, warm: Path) -> Iterator[tuple[Block, str]]:
    """Each block that shows what the one before it prints, with what that really printed."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    with workplace(folder, page) as server:
        for block in blocks(page.read_text("utf-8")):
            if block.shows_output:
                yield block, printed
            if block.runs:
                printed = run_block(block, page, namespace, server, warm)


def tidy(printed: str) -> str:
    """Output without the blanks at the ends of lines, and without empty lines around it."""
    return "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")


@pytest.fixture
def warm(tmp_path_factory):
    """The ledger with which the embedded model begins. Another process may fetch the model."""
    if find_weights(SMALLEST.removeprefix("local:")) is None:
        subprocess.run([sys.executable, "-m", "qagen", "models", "pull", SMALLEST], check=True, timeout=300)
    file = tmp_path_factory.mktemp("embedded") / "ledger.sqlite"
    put_recorded(file)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_runs_and_prints_what_it_shows(page, tmp_path, warm):
    for block, printed in run_page(page, tmp_path, warm):
        assert tidy(printed) == tidy(block.code), f"{page.name}:{block.line} is not what is printed"
    if "QAGEN_VERSIONS" not in os.environ:  # others may tell more of a model, which is asked then
        assert said_in(warm) == json.loads(RECORDED.read_text("utf-8")), (
            "to record: python tests/test_docs.py"
        )


def test_few_blocks_are_left_out_and_each_says_why():
    every = [(page.name, block) for page in PAGES for block in blocks(page.read_text("utf-8"))]
    left_out = [f"{name}:{block.line}: {block.why_not}" for name, block in every if block.why_not]
    assert len(left_out) <= MOST_LEFT_OUT, left_out


def test_blocks_that_are_left_out_are_python_all_the_same():
    for page in PAGES:
        for block in blocks(page.read_text("utf-8")):
            if block.kind == "python" and block.why_not:
                compile(block.code, f"{page.name}:{block.line}", "exec")


def test_every_block_says_what_it_is():
    kinds = {(page.name, block.kind) for page in PAGES for block in blocks(page.read_text("utf-8"))}
    assert {kind for _, kind in kinds} <= {"python", "bash", "text", "json", "jsonl", "yaml"}, kinds


def test_json_blocks_are_json_and_yaml_blocks_are_yaml():
    for page in PAGES:
        for block in blocks(page.read_text("utf-8")):
            for part in [block.code] if block.kind == "json" else []:
                json.loads(part)
            for part in [block.code] if block.kind == "yaml" else []:
                assert isinstance(yaml.safe_load(part), dict)
            for part in block.code.splitlines() if block.kind == "jsonl" else []:
                json.loads(part)


def first_column(page: str, heading: str) -> list[str]:
    """The code words in the first column of the table under a heading."""
    text = (DOCS / page).read_text("utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def test_the_page_on_prompts_lists_the_variables():
    assert first_column("prompts.md", "What a prompt may use") == [f"{{{name}}}" for name in VARIABLES]


def test_the_page_on_the_run_folder_lists_the_states():
    assert {*first_column("run-folder.md", "How a call ends")} == {*get_args(CallState), "interrupted"}


def test_the_page_on_the_run_folder_lists_the_columns_of_the_ledger(tmp_path):
    with (
        Ledger(tmp_path / "ledger.sqlite"),
        contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db,
    ):
        columns = [row[1] for row in db.execute("PRAGMA table_info(calls)")]
    assert first_column("run-folder.md", "The ledger") == columns


def codes_of_the_check() -> set[str]:
    """Every code that ``qagen check`` can print, read from its source."""
    first = {"Finding": 1, "Finding.error": 0, "Finding.warning": 0}
    trees = [ast.parse(file.read_text("utf-8")) for file in (ROOT / "qagen" / "tuning").rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [(ast.unparse(node.func), node.args) for node in calls]
    codes = [arguments[first[name]] for name, arguments in named if name in first]
    return {code.value for code in codes if isinstance(code, ast.Constant)}


def test_the_page_on_formats_lists_every_rule_of_the_check():
    assert set(first_column("formats.md", "What `qagen check` looks for")) == codes_of_the_check()


def codes_of_the_card() -> list[str]:
    """Every code of a warning on a report card, read from the rows of its source, in their order."""
    tree = ast.parse((ROOT / "qagen" / "evaluation" / "figures" / "doubts.py").read_text("utf-8"))
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "cautions"]
    rows = [node.elts[0] for node in ast.walk(function) if isinstance(node, ast.Tuple)]
    return [first.value for first in rows if isinstance(first, ast.Constant)]


def test_the_page_on_evaluation_lists_every_warning():
    assert first_column("evaluation.md", "What to do about a warning") == codes_of_the_card()


def test_the_page_on_evaluation_lists_every_kind_of_probe():
    assert first_column("evaluation.md", "What is asked") == [*get_args(ProbeKind)]


SHORT = re.compile(r"# [^\n]+\n\n\*\*In short\*\*\n\n(?:- [^\n]{20,135}\n){5}\n")


def test_every_page_opens_with_five_lines_in_short():
    assert [page.name for page in PAGES[1:] if not SHORT.match(page.read_text("utf-8"))] == []


def headings(page: str) -> list[str]:
    """The anchors of a page, as GitHub and the site make them."""
    told = re.findall(r"^#{2,4} (.+)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in told]


NO_REASONS = {"STAGE", "HELD_OUT", "SHORT_ANSWER"}  # constants that name something else


def words_of_the_pairs() -> set[str]:
    """Reasons and states of pairs, read from where the code gives them."""
    found: set[str] = set()
    for file in [*(ROOT / "qagen" / "pairs").rglob("*.py"), *(ROOT / "qagen" / "flow").rglob("*.py")]:
        tree = ast.parse(file.read_text("utf-8"))
        found |= {value for name, value in constants(tree) if name not in NO_REASONS}
        for node in ast.walk(tree):
            found |= {word for word in words_of(node) if re.fullmatch(r"[a-z]+(_[a-z]+)*", word)}
    return found


def constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The public constants of a module that are one word: ``DUPLICATE = "duplicate"``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            name, value = ast.unparse(node.targets[0]), node.value.value
            if name[0] != "_" and isinstance(value, str) and re.fullmatch(r"[a-z]+(_[a-z]+)*", value):
                yield name, value


def words_of(node: ast.AST) -> list[str]:
    """The reasons that a piece of code gives: ``Problem("empty", …)``, a table of rules, a rule's return."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        place = {"Problem": 0, "_missing": 1}.get(name, len(node.args))
        parts = [*node.args[place : place + 1], *(one.value for one in node.keywords if one.arg == "reason")]
    elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        parts = [one for one in node.value.keys if one] if ast.unparse(target).endswith("_RULES") else []
    elif isinstance(node, ast.FunctionDef) and node.name in {"reject", "_clash"}:
        returned = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        parts = [part for value in returned for part in branches(value)]
    return [one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def branches(value: ast.expr) -> list[ast.expr]:
    """Both sides of ``one if so else other``."""
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def test_the_glossary_has_an_entry_for_every_reason_step_part_form_and_kind():
    steps = set(divided("default", {})[0].steps)
    parts = {*get_args(Part), *get_args(ProbeKind), *(form.replace("_", "-") for form in get_args(Form))}
    parts = (parts - {"yes-no"}) | {"yes-or-no"}
    expected = {one.lower().replace(" ", "-") for one in {*words_of_the_pairs(), *steps, *parts}}
    assert len(steps) == 6
    assert len(expected) > 70
    assert expected - set(headings("glossary.md")) == set()


def test_an_anchor_of_the_glossary_leads_to_one_place_and_each_entry_to_a_page_that_says_more():
    anchors = headings("glossary.md")
    assert [one for one in anchors if anchors.count(one) > 1] == []
    told = (DOCS / "glossary.md").read_text("utf-8")
    entries = re.split(r"^#{2,4} ", told, flags=re.MULTILINE)[1:]
    bodies = [entry.partition("\n")[::2] for entry in entries]
    assert [word for word, body in bodies if body.strip() and "](" not in body] == []


def messages() -> set[str]:
    """Every text in the code; ``…`` stands where a value is put in."""
    trees = [ast.parse(file.read_text("utf-8")) for file in (ROOT / "qagen").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    said = {as_text(node) for node in nodes if isinstance(node, ast.JoinedStr | ast.Constant)}
    return said | {with_hint(node) for node in nodes if isinstance(node, ast.Call)}


def with_hint(call: ast.Call) -> str:
    """What an error says, with its advice."""
    hints = [as_text(keyword.value) for keyword in call.keywords if keyword.arg == "hint"]
    return " ".join([as_text(call.args[-1]), *hints]) if hints and call.args else ""


def as_text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(as_text(one) if isinstance(one, ast.Constant) else "…" for one in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def has_in_order(text: str, parts: Sequence[str]) -> bool:
    """Whether a text has all parts, one behind the other."""
    place = 0
    for part in parts:
        place = text.find(part, place) + len(part)
        if place < len(part):
            return False
    return True


def test_the_messages_of_the_page_on_troubleshooting_are_those_of_the_code():
    said = messages()
    quoted = re.findall(r"^### `([^`]+)`$", (DOCS / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)
    assert len(quoted) > 15
    for message in quoted:
        parts = [part.strip() for part in message.split("…") if part.strip()]
        assert any(has_in_order(text, parts) for text in said), message


INSTALLS = re.compile(r"pip install[^\n`]*")
FROM_AN_INDEX = (
    "pip install 'qagen-finetune[local,files]'"  # said once, where it says that it is not there yet
)


def test_install_lines_name_extras_that_exist_and_no_index_that_does_not_have_it():
    texts = {page: page.read_text("utf-8") for page in [*PAGES, *(ROOT / "notebooks").glob("*.ipynb")]}
    lines = [(page.name, line) for page, text in texts.items() for line in INSTALLS.findall(text)]
    assert [place for place in lines if "qagen-finetune" in place[1]] == [
        ("getting-started.md", FROM_AN_INDEX)
    ]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = [
        extra
        for _, line in lines
        for list_ in re.findall(r"\[([a-z,]+)\]", line)
        for extra in list_.split(",")
    ]
    assert len(named) > 10
    assert set(named) <= {*extras, "cli"}  # together[cli]


PATH = re.compile(
    r"(?<![\w:/.-])(?:[A-Za-z.][\w.-]*/)+[\w.-]*|(?<![\w:/.-])[\w-]+\.(?:jsonl?|md|html|sqlite|txt|toml|csv)\b"
)
WRITTEN = {  # what the commands write; the other tests of the pages make them
    *("pairs.jsonl", "dropped.jsonl", "conflicts.jsonl", "train.jsonl", "validation.jsonl", "probes.jsonl"),
    *("ledger.sqlite", "report.html", "tuning.json", "evaluation.json", "model", "edits.jsonl"),
}
RUNS = {"run", "my-run", "first", "plain", "wiki-run", "dist", ".venv"}


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md"])
def test_the_paths_that_a_page_names_are_there_or_are_written(page):
    text = re.sub(r"https?://\S+|<!--.*?-->", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *(block.code for block in blocks(text))])
    links = re.findall(r"\]\(([^)#\s]+)", text)
    folder = (ROOT / page).parent
    assert [link for link in links if not (folder / link).exists()] == []
    named = {one.rstrip("/.") for one in PATH.findall(code)}
    unknown = {one for one in named if not (ROOT / one).exists() and not is_written(one)}
    assert unknown == set()


def is_written(path: str) -> bool:
    """Whether a command of the page makes it: a run folder and what lies in one."""
    first, _, rest = path.partition("/")
    return first in RUNS or (path in WRITTEN and not rest)


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert built.returncode == 0, built.stderr
    for page in tmp_path.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.findall(
            r"""<(?:link|script|img|iframe)[^>]+(?:href|src)=["']?https?://[^"'>]+""", text
        ), page
        assert ":class:" not in text, page  # docs/site_hooks.py


def write_output(pages: Sequence[Path]) -> None:
    """Put what is printed into the pages."""
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "ledger.sqlite")
        put_recorded(warm)
        for page in pages:
            shown = list(run_page(page, Path(folder, page.stem), warm))
            text = page.read_text("utf-8")
            for block, printed in reversed(shown):
                text = f"{text[: block.start]}{tidy(printed)}\n{text[block.end :]}"
            page.write_text(text, "utf-8")
        RECORDED.write_text(json.dumps(said_in(warm), ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write_output([Path(name).resolve() for name in sys.argv[1:]] or PAGES)
