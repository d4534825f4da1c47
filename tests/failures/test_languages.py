"""Languages are told where they show, and wishes for one are told from other talk of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.failures.languages import LANGUAGES, asked_language, language_of

TEXTS = {
    "english": "The house is on the hill, and it has been there for a very long time.",
    "german": "Das Haus steht auf dem Hügel, und es ist schon sehr lange dort gewesen.",
    "french": "La maison est sur la colline et elle est dans cette région depuis longtemps.",
    "spanish": "La casa está en la colina y es una de las más antiguas de la región.",
    "italian": "La casa è sulla collina e si trova nel paese, che è molto antico per la regione.",
    "portuguese": "A casa não fica na colina, e é uma das mais antigas que há em todo o país.",
    "dutch": "Het huis staat op de heuvel en het is er al een heel lange tijd voor de mensen.",
    "polish": "Dom stoi na wzgórzu i jest tam od bardzo dawna, ale nie ma go na tej mapie.",
    "turkish": "Ev tepenin üzerinde ve çok uzun bir süredir orada, bu da eski olarak bilinir.",
    "swedish": "Huset står på kullen och det har inte varit där för en kort tid som det är.",
    "russian": "Дом стоит на холме.",
    "greek": "Το σπίτι είναι στον λόφο.",  # noqa: RUF001
    "arabic": "البيت على التل.",
    "hebrew": "הבית על הגבעה.",
    "japanese": "家は丘の上にあります。",
    "chinese": "房子在山上已经很久了。",
    "korean": "집은 언덕 위에 있습니다.",
    "hindi": "घर पहाड़ी पर है।",
    "thai": "บ้านอยู่บนเนินเขา",
}


def test_there_is_a_text_of_every_language() -> None:
    assert set(TEXTS) == LANGUAGES


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_is_recognised(language: str) -> None:
    assert language_of(TEXTS[language]) == language


@pytest.mark.parametrize(
    "text", ["", "4", "Paris", "OK, fine.", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10", "def f(x): return x"]
)
def test_nothing_is_said_where_it_does_not_show(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("request_", "language"),
    [
        ("Answer in German, please.", "german"),
        ("What is a dog? Reply in French.", "french"),
        ("Erkläre das bitte auf Deutsch.", "german"),
        ("Explique en español: ¿qué es?", "spanish"),
        ("Translate this sentence into Japanese: hello", "japanese"),
        ("Translate to Italian the following text.", "italian"),
        ("Who is famous in German literature?", None),
        ("Write an email to our French customers.", None),
        ("What is a dog?", None),
    ],
)
def test_a_wish_for_a_language(request_: str, language: str | None) -> None:
    assert asked_language(request_) == language


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert language_of(text) in {None, *LANGUAGES}
    assert asked_language(text) in {None, *LANGUAGES}
