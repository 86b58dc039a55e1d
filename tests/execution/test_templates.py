"""Templates: what is filled in, what stays, and what it costs."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.templates import MAX_RENDERED, names, render, render_messages

INPUT = {"question": "Why?", "user": {"name": "Ada", "age": 36}, "a.b": "dotted", "list": [1, "x"]}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{question}} {{ question }}", "Why? Why?"),
        ("{{user.name}} is {{user.age}}", "Ada is 36"),
        ("{{a.b}}", "dotted"),
        ("{{user}} {{list}}", '{"name":"Ada","age":36} [1,"x"]'),
        ("{{lang}}", "en"),
        ("{{unknown}} {{user.none}} {{question.x}}", "{{unknown}} {{user.none}} {{question.x}}"),
        ("{{reference}} {{expected_output}}", "{{reference}} {{expected_output}}"),
        ("{{{question}}}", "{Why?}"),
        ("{{ a b }} {question} {{}} {{", "{{ a b }} {question} {{}} {{"),
        ("", ""),
    ],
)
def test_objects(template: str, text: str) -> None:
    assert render(template, INPUT, {"lang": "en", "question": "shadowed"}) == text


def test_the_whole_input() -> None:
    assert render("Q: {{input}}", "2+2?") == "Q: 2+2?"
    assert render("{{input}}", {"input": "wrapped"}) == "wrapped"
    assert render("{{input}}", {"a": 1}) == '{"a":1}'
    assert render("{{input}}", [{"role": "user", "content": "Hello"}]) == "Hello"
    assert render("{{input}}", None) == ""
    assert render("{{question}}", INPUT, variables={"question": "mine"}) == "mine"
    assert names("{{a}} {{ b.c }} {{a}}") == ("a", "b.c")


def test_messages_are_filled_by_content() -> None:
    messages = [
        {"role": "system", "content": "Speak {{lang}}"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "{{question}}"}, {"type": "image_url", "image_url": {"url": "{{question}}"}}],
        },
        {"role": "assistant", "content": None, "tool_calls": []},
    ]
    assert render_messages(messages, INPUT, {"lang": "en"}) == [
        {"role": "system", "content": "Speak en"},
        {"role": "user", "content": [{"type": "text", "text": "Why?"}, {"type": "image_url", "image_url": {"url": "{{question}}"}}]},
        {"role": "assistant", "content": None, "tool_calls": []},
    ]
    with pytest.raises(ValueError, match="message"):
        render_messages(["text"], INPUT)


def test_a_result_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeds"):
        render("{{input}}" * 5, "x" * (MAX_RENDERED // 4))


@pytest.mark.parametrize(
    "template", ["{" * 1_000_000, "{{" + " " * 1_000_000, "{{ " * 400_000, "{{" + "a" * 1_000_000, "{{a" + " " * 1_000_000]
)
def test_hostile_templates_take_linear_time(template: str) -> None:
    started = time.perf_counter()
    assert render(template, "x") == template
    assert time.perf_counter() - started < 2


@given(st.text(), st.text())
def test_values_are_never_templates_themselves(before: str, value: str) -> None:
    plain = before.replace("{", "").replace("}", "")
    assert render(plain + "|{{x}}|{{input}}", {"x": value, "input": "{{x}}"}) == f"{plain}|{value}|{{{{x}}}}"


@given(st.text(alphabet="{} ax.", max_size=40))
def test_without_values_nothing_changes(template: str) -> None:
    assert render(template, {}) == template


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_]{1,5}", fullmatch=True), st.integers() | st.text(max_size=5)))
def test_every_key_of_the_input_is_a_placeholder(input: dict[str, Any]) -> None:
    template = ";".join(f"{{{{ {key} }}}}" for key in input)
    assert render(template, input) == ";".join(map(str, input.values()))
