"""Templates of prompts."""

import pytest

from evalwright_server.models.templates import (
    Template,
    TemplateError,
    TemplateFormat,
    detect_format,
)

F, M, N = TemplateFormat.F_STRING, TemplateFormat.MUSTACHE, TemplateFormat.NONE


@pytest.mark.parametrize(
    ("form", "text", "variables", "rendered"),
    [
        (F, "Is {output} right?", ("output",), "Is <output> right?"),
        (F, "{a}{b}{a}", ("a", "b"), "<a><b><a>"),
        (F, "{attributes.input.value}", ("attributes.input.value",), "<attributes.input.value>"),
        (F, 'Say {{"label": {a}}}', ("a",), 'Say {"label": <a>}'),
        (F, 'Say {"label": 1} or {} or { a }', (), 'Say {"label": 1} or {} or { a }'),
        (F, "größe {größe}", ("größe",), "größe <größe>"),
        (M, "Is {{output}} {{ output }} right?", ("output",), "Is <output> <output> right?"),
        (M, "{{{a}}} {{& b}} {a}", ("a", "b"), "<a> <b> {a}"),
        (M, "{{user question}}{{! nothing }}", ("user question",), "<user question>"),
        (N, "{a} {{b}}", (), "{a} {{b}}"),
    ],
)
def test_placeholders_are_found_and_filled(
    form: TemplateFormat, text: str, variables: tuple[str, ...], rendered: str
) -> None:
    template = Template.parse(text, form)
    assert template.variables == variables
    assert template.render({name: f"<{name}>" for name in variables}) == rendered


@pytest.mark.parametrize("form", [F, M])
def test_values_are_not_templates(form: TemplateFormat) -> None:
    """Data that holds braces is data, and nothing is escaped in it."""
    text = "{a}" if form is F else "{{a}}"
    value = "<b> & {b} {{b}}"
    assert Template.parse(text, form).render({"a": value}) == value


@pytest.mark.parametrize("text", ["{{#a}}x{{/a}}", "{{^a}}", "{{> part}}", "{{=<% %>=}}", "{{ }}"])
def test_more_than_variables_is_refused(text: str) -> None:
    """Left in, it would go to the model as it stands."""
    with pytest.raises(TemplateError, match=r"can't be used|names no variable"):
        Template.parse(text, M)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Is {output} right?", F),
        ("Is {{output}} right?", M),
        ('Is {output} right? Say {{"label": 1}}', F),
        ("nothing", F),
        ("{{ }}", F),
    ],
)
def test_the_format_is_found_out(text: str, form: TemplateFormat) -> None:
    assert detect_format(text) is form
