"""Detectors of data quality, over numbers that the caller sends (seen in clients: what goes in and comes out; the formulas are this project's own).

What it costs is bounded: it runs while other callers wait.
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from adapters.base import Plan
from adapters.evalguard.quirks.values import given
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.errors import Code, CrosswalkError
from schemas.json import JsonObject
from schemas.operations import Call

HEALTH = "dataset_health"

MOST_ROWS, MOST_WORK = 300, 4_000_000
"""Rows that are compared with one another, and multiplications of one detector: about a tenth of a second."""

OUTLIER, DUPLICATE, SPURIOUS = 0.5, 0.98, 0.9
"""Thresholds where none is named: cosine distance, cosine similarity, correlation."""

_NEIGHBOURS, _MOST_ISSUES, _MOST_DUPLICATES, _SIGNIFICANT = 10, 20, 1000, 0.05

Vector = Sequence[float]


class Neighbour(NamedTuple):
    """Another row and how similar it is."""

    similarity: float
    row: int


def imbalance(labels: Sequence[int], classes: int) -> JsonObject:
    """Rows by class; the largest class over the smallest that has rows; classes with less than half of an even share."""
    counts = [0] * classes
    for label in labels:
        counts[label] += 1
    there = [count for count in counts if count]
    return {
        "counts": counts,
        "fractions": [count / len(labels) for count in counts],
        "imbalanceRatio": max(there) / min(there),
        "minorityClasses": [place for place, count in enumerate(counts) if count < len(labels) / classes / 2],
    }


def similarities(vectors: Sequence[Vector]) -> list[list[Neighbour]]:
    """The other rows of each row, most similar first, by cosine; a row without length is like no other. Raises `CrosswalkError` (payload too large)."""
    if len(vectors) > MOST_ROWS:
        raise CrosswalkError(Code.PAYLOAD_TOO_LARGE, f"At most {MOST_ROWS} rows are compared with one another here.")
    _affordable(len(vectors) ** 2 * len(vectors[0]) // 2)
    units = [_unit(vector) for vector in vectors]
    found: list[list[Neighbour]] = [[] for _ in vectors]
    for place, one in enumerate(units):
        for other in range(place):
            similarity = min(1.0, sum(map(mul, one, units[other])))
            found[place].append(Neighbour(similarity, other))
            found[other].append(Neighbour(similarity, place))
    for neighbours in found:
        neighbours.sort(key=lambda one: (-one.similarity, one.row))
    return found


def _affordable(work: int) -> None:
    if work > MOST_WORK:
        raise CrosswalkError(Code.PAYLOAD_TOO_LARGE, f"This takes {work} multiplications; at most {MOST_WORK} are made here.")


def _unit(vector: Vector) -> Vector:
    length = math.sqrt(sum(map(mul, vector, vector)))
    return [value / length for value in vector] if length else vector


def outlier_scores(found: list[list[Neighbour]]) -> list[float]:
    """The mean cosine distance of each row to its nearest ten."""
    nearest = [neighbours[:_NEIGHBOURS] for neighbours in found]
    return [sum(1 - one.similarity for one in near) / len(near) if near else 0.0 for near in nearest]


def near_duplicates(found: list[list[Neighbour]], threshold: float) -> list[JsonObject]:
    """Pairs of rows at least that similar, most similar first, at most a thousand."""
    pairs = [
        (one.similarity, one.row, row) for row, near in enumerate(found) for one in near if one.row < row and one.similarity >= threshold
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    return [{"i": i, "j": j, "similarity": similarity} for similarity, i, j in pairs[:_MOST_DUPLICATES]]


def non_iid(found: list[list[Neighbour]]) -> JsonObject:
    """Whether the order tells something: the probability that nearest rows stand as close in an order by chance. Below 0.05 they hang together."""
    count = len(found)
    nearest = [abs(near[0].row - row) for row, near in enumerate(found) if near]
    if count < 3:
        return {"score": 1.0, "nonIid": False}
    mean, deviation = (count + 1) / 3, math.sqrt((count + 1) * (count - 2) / 18)
    standing = (sum(nearest) / count - mean) / (deviation / math.sqrt(count))
    score = 0.5 * math.erfc(-standing / math.sqrt(2))
    return {"score": score, "nonIid": score < _SIGNIFICANT}


def spurious_features(features: Sequence[Vector], labels: Sequence[int], threshold: float) -> list[JsonObject]:
    """Features whose correlation with belonging to some class is at least that strong, strongest first."""
    _affordable(len(features) * len(features[0]) * len(set(labels)))
    members = [[float(label == one) for label in labels] for one in sorted(set(labels))]
    columns = list(zip(*features, strict=True))
    strengths = [max(abs(_correlation(column, member)) for member in members) for column in columns]
    found = [(strength, place) for place, strength in enumerate(strengths) if strength >= threshold]
    return [{"feature": place, "correlation": strength} for strength, place in sorted(found, key=lambda one: (-one[0], one[1]))]


def _correlation(left: Vector, right: Vector) -> float:
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    off_left, off_right = [value - mean_left for value in left], [value - mean_right for value in right]
    spread = math.sqrt(sum(map(mul, off_left, off_left)) * sum(map(mul, off_right, off_right)))
    return sum(map(mul, off_left, off_right)) / spread if spread else 0.0


def label_quality(labels: Sequence[int], probabilities: Sequence[Vector], classes: int) -> JsonObject:
    """Confident learning: a label is in doubt where another class is at least as probable as it usually is for rows that carry its label."""
    _affordable(len(labels) * classes)
    usual = [_mean([row[one] for label, row in zip(labels, probabilities, strict=True) if label == one]) for one in range(classes)]
    issues = []
    for place, (label, row) in enumerate(zip(labels, probabilities, strict=True)):
        confident = [one for one in range(classes) if row[one] >= usual[one]]
        suggested = max(confident, key=lambda one: row[one], default=label)
        if suggested != label:
            issues.append({"index": place, "givenLabel": label, "suggestedLabel": suggested, "qualityScore": row[label]})
    issues.sort(key=lambda issue: (issue["qualityScore"], issue["index"]))
    return {
        "estimatedNoiseRate": len(issues) / len(labels),
        "numClasses": classes,
        "issueCount": len(issues),
        "topIssues": issues[:_MOST_ISSUES],
    }


def _mean(values: Vector) -> float:
    """No row carries the label: nothing is as probable as never."""
    return sum(values) / len(values) if values else math.inf


def examine(call: Call, scope: Scope) -> Plan:
    """Keeps the report on what was sent, without the numbers. Raises `CrosswalkError` (payload too large)."""
    assert isinstance(call.body, NewDocument)
    reply = yield call.then(call.op, NewDocument(body=health(call.body.body)), kind=HEALTH)
    return reply


def health(asked: JsonObject) -> JsonObject:
    """The report on what was sent (`wire.health.Question`): a part for everything that it says enough about. Raises `CrosswalkError`."""
    labels, embeddings, features = asked.get("labels"), asked.get("embeddings"), asked.get("features")
    predicted = asked.get("predProbs")
    rows = len(next(part for part in (labels, embeddings, features) if part))
    report: JsonObject = {"rowCount": rows}
    classes = asked.get("numClasses") or (max(labels) + 1 if labels else 0)
    if labels:
        report["imbalance"] = imbalance(labels, classes)
    if embeddings:
        report.update(_compared(embeddings, asked))
    if features and labels:
        report["spuriousFeatures"] = spurious_features(features, labels, given(asked, "spuriousThreshold", SPURIOUS))
    told: JsonObject = {"health": report}
    if labels and predicted:
        told["labelQuality"] = label_quality(labels, predicted, classes)
    return told


def _compared(embeddings: Sequence[Vector], asked: JsonObject) -> JsonObject:
    found = similarities(embeddings)
    scores, threshold = outlier_scores(found), given(asked, "outlierThreshold", OUTLIER)
    return {
        "outlierScores": scores,
        "outlierRows": [row for row, score in enumerate(scores) if score > threshold],
        "nearDuplicates": near_duplicates(found, given(asked, "duplicateThreshold", DUPLICATE)),
        "nonIid": non_iid(found),
    }
