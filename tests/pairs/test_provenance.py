"""What a run folder tells of the command that made it, and what it must not tell."""

import pytest

from qagen import generate_pairs
from qagen.pairs.provenance import call_text, read_provenance, without_secrets


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://me:pw@host:8080/v1", "https://host:8080/v1"),
        ("https://token@host/a.pdf", "https://host/a.pdf"),
        ("https://host/a.pdf?X-Signature=abc#page=2", "https://host/a.pdf?…"),
        ("https://host/v1/?key=a see http://b/?key=c", "https://host/v1/?… see http://b/?…"),
        ("C:/docs/a@b.txt?", "C:/docs/a@b.txt?"),
    ],
)
def test_addresses_are_kept_without_what_may_log_in(given, kept):
    assert without_secrets(given) == kept


def test_a_call_is_told_as_it_is_read_without_defaults_and_secrets():
    options = {
        "preset": "default",
        "theme": None,
        "base_url": "https://me:pw@host/v1",
        "forms": 3,
        "kinds": ("cloze",),
        "divide": False,
        "announce": print,
        "filler": object(),
    }
    assert call_text(generate_pairs, (["a.md", "x" * 200], "local"), options) == (
        f"generate_pairs(['a.md', '{'x' * 80}…'], 'local', base_url='https://host/v1', forms=3, "
        "kinds=['cloze'], divide=False, filler=<object>)"
    )


def test_a_folder_without_a_ledger_tells_nothing_and_stays_as_it_is(tmp_path):
    assert read_provenance(tmp_path) is None
    assert read_provenance(None) is None
    assert not [*tmp_path.iterdir()]
