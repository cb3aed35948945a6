"""What is offered is found for lines of which no example was learned, and likeness alone changes nothing."""

from __future__ import annotations

import pytest

from bot.grammar import VERBS
from bot.reading import read
from bot.reading.intents import NOTHING, Guess, intents
from tests.intents.examples import examples, words_of
from tests.utterances.__main__ import UNTUNED, held_back, sets
from tests.utterances.reacting import reaction_to, world
from tests.utterances.scoring import judge

LEAST_RIGHT = 0.80
LEAST_MET = 0.95

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("utterances")]


def test_lines_for_which_nobody_tuned_the_words_are_met_without_their_examples() -> None:
    lines = sets()[UNTUNED]
    verdicts = [judge(line, reaction_to(line)) for line in lines]
    assert not any(is_wrong_act for _, is_wrong_act in verdicts)
    assert sum(verdict == "right" for verdict, _ in verdicts) >= LEAST_RIGHT * len(lines)
    assert sum(verdict != "wrong" for verdict, _ in verdicts) >= LEAST_MET * len(lines)


def test_the_bot_learns_from_no_line_by_which_it_is_measured() -> None:
    held = held_back()
    learned = {example.words for example in examples(held)}
    assert len(held) >= 100
    assert learned.isdisjoint(map(words_of, held))
    assert {example.verb for example in examples(held)} == {*VERBS, NOTHING}


def test_what_was_learned_knows_each_command_and_is_sure_of_each_line_in_all() -> None:
    assert set(intents().verbs) == {*VERBS, NOTHING}
    for text in ("", "blorp", "corre RCP-13 porfa", "thanks!"):
        guesses = intents().ranked(words_of(text))
        assert sum(guess.share for guess in guesses) == pytest.approx(1)
        assert guesses == sorted(guesses, key=lambda guess: -guess.share)


@pytest.mark.parametrize("verb", [verb for verb, command in VERBS.items() if command.changes])
def test_what_changes_something_is_never_done_for_its_likeness(verb: str) -> None:
    """Whoever ranks may be as sure as can be: a word that says no command carries out none."""

    def rank(words: object) -> list[Guess]:
        return [Guess(verb, 1.0)]

    for text in ("blorp RCP-20", "zzz cwq8s5srh4cx", "blorp 2.4 Perú", "blorp"):
        wish = read(text, "en", world(), rank=rank).wish
        assert wish is None or not VERBS[wish.verb].changes


def test_a_question_that_is_likely_is_answered_and_a_doubtful_one_offered() -> None:
    def sure(words: object) -> list[Guess]:
        return [Guess("agenda", 0.8), Guess("news", 0.1)]

    def doubtful(words: object) -> list[Guess]:
        return [Guess("agenda", 0.3), Guess("news", 0.25)]

    answered = read("blorp", "en", world(), rank=sure).wish
    assert answered is not None
    assert answered.verb == "agenda"
    offered = read("blorp", "en", world(), rank=doubtful)
    assert offered.wish is None
    assert [wish.verb for wish in offered.offers] == ["agenda", "news"]


@pytest.mark.parametrize(
    ("text", "verb", "args"),
    [
        ("run RCP-12, no sorry, RCP-20", "run", {"test": "RCP-20", "system": "hospital"}),
        ("inicia la uno punto uno punto nueve", "begin", {"planned": "1.1.9"}),
        ("recuérdame treinta y cinco minutos antes", "remind", {"number": "35"}),
        ("corre la prueba del identificador de fhir.basics", "run", {"test": "BAS-03", "system": "hospital"}),
        ("explica la RCP-14B", "explain", {"test": "RCP-14b"}),
    ],
)  # fmt: skip
def test_what_is_named_in_passing_is_filled_in(text: str, verb: str, args: dict[str, str]) -> None:
    reading = read(text, "es", world())
    wishes = [wish for wish in (reading.wish, *reading.offers) if wish is not None]
    assert (wishes[0].verb, dict(wishes[0].args)) == (verb, args)


def test_what_is_pointed_at_beside_no_card_is_offered_only() -> None:
    assert read("cancel that", "en", world()).wish is None
    below = read("cancel that", "en", world(), is_in_thread=True).wish
    assert below is not None
    assert below.verb == "cancel"


@pytest.mark.parametrize(
    ("text", "language", "verb", "args"),
    [
        ("the night was long, the network is back. Kindly run RCP-20.", "en", "run", {"test": "RCP-20", "system": "hospital"}),
        ("cancela cwq8s5srh4cx que le apunté al ambiente equivocado", "es", "cancel", {"run": "cwq8s5srh4cx"}),
        ("recusa o 2.4 que hoje não dá mais tempo", "pt", "decline", {"planned": "2.4"}),
        ("para los nuevos: ¿qué significa VHL?", "es", "define", {"word": "VHL"}),
        ("ask a monitor to look at cwq8s5srh4cx, it was the network", "en", "ask", {"run": "cwq8s5srh4cx", "comment": "it was the network"}),
        ("suscríbeme a los rojos de mhd.responder", "es", "subscribe", {"track": "mhd.responder", "verdict": "fail"}),
    ],
)  # fmt: skip
def test_the_one_wish_beside_talk_is_carried_out(
    text: str, language: str, verb: str, args: dict[str, str]
) -> None:
    wish = read(text, language, world()).wish
    assert wish is not None
    assert (wish.verb, dict(wish.args)) == (verb, args)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("when Peru is done, run RCP-20", "en"),
        ("si nadie la usa, cancela cwq8s5srh4cx", "es"),
        ("Mario said: cancel cwq8s5srh4cx", "en"),
        ("roda o RCP-20, não, espera", "pt"),
        ("corre RCP-20 mañana", "es"),
        ("run RCP-20 on cardio", "en"),
        ("corre RCP-20 y de paso dime a qué hora es el almuerzo", "es"),
        ("> cancel cwq8s5srh4cx\nthat was me already", "en"),
        ("return it please", "en"),
        ("devolve", "pt"),
        ("teste", "pt"),
        ("gracias!! 🙏", "es"),
    ],
)
def test_what_is_conditional_told_put_off_or_open_changes_nothing(text: str, language: str) -> None:
    wish = read(text, language, world()).wish
    assert wish is None or not VERBS[wish.verb].changes


def test_a_number_without_its_letter_offers_the_tests_that_have_one() -> None:
    reading = read("run RSP-08", "en", world())
    assert reading.wish is None
    assert [offer.args["test"] for offer in reading.offers] == ["RSP-08a", "RSP-08b"]
