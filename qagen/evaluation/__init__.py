"""Did the model learn it: probes, answers, scores, and the report card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.evaluation.answering import ANSWER_FROM_TEXT_PROMPT as ANSWER_FROM_TEXT_PROMPT
    from qagen.evaluation.auditing import AUDIT as AUDIT
    from qagen.evaluation.auditing import read_audit as read_audit
    from qagen.evaluation.auditing import write_audit as write_audit
    from qagen.evaluation.comparing import Comparison as Comparison
    from qagen.evaluation.comparing import compare as compare
    from qagen.evaluation.evaluating import evaluate as evaluate
    from qagen.evaluation.judging import JUDGE_ANSWER_PROMPT as JUDGE_ANSWER_PROMPT
    from qagen.evaluation.judging import is_open as is_open
    from qagen.evaluation.records import AT_HAND as AT_HAND
    from qagen.evaluation.records import KINDS as KINDS
    from qagen.evaluation.records import AnswerKind as AnswerKind
    from qagen.evaluation.records import Condition as Condition
    from qagen.evaluation.records import Probe as Probe
    from qagen.evaluation.records import ProbeKind as ProbeKind
    from qagen.evaluation.records import Result as Result
    from qagen.evaluation.records import Score as Score
    from qagen.evaluation.records import Verdict as Verdict
    from qagen.evaluation.report_card import EVALUATION as EVALUATION
    from qagen.evaluation.report_card import ReportCard as ReportCard
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "answering": "ANSWER_FROM_TEXT_PROMPT",
            "auditing": "AUDIT read_audit write_audit",
            "comparing": "Comparison compare",
            "evaluating": "evaluate",
            "judging": "JUDGE_ANSWER_PROMPT is_open",
            "records": "AT_HAND AnswerKind Condition KINDS Probe ProbeKind Result Score Verdict",
            "report_card": "EVALUATION ReportCard",
        },
    )
