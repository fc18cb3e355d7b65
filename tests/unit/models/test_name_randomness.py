"""Names of rules and folders: ordinary ones against made-up ones, none of which the shipped list holds."""

from __future__ import annotations

import pickle
import random
import string
from collections.abc import Callable

import pytest

from detectors.models.bigram import HIDDEN_NATS, NameRandomness
from detectors.models.name_words import NAME_WORDS

SHOWN = 1.0  # from here on a name is given as a reason

AGREED = (
    "Newsletters|Move meetings to junk folder|From Anna|Rechnungen 2024|Project X-ray|IT tickets|Q3 review|LinkedIn|SAP"
    "|Jira|PO approvals|会議|Счета|R&D|Conversation History|RSS Feeds|受信トレイ|מסמכים|📌"
)
HELD_OUT_TEXT = """
    aardvark rainfall brochures concrete furniture orchestra astronomy tournament shareholders dashboard bookkeeping
    merchandise aviation fundraising architecture chemistry bicycles gardening volunteers neighbourhood plumbing rehearsal
    landlord groceries crypto podcasts investors diligence milestones retrospective sprint backlog roadmap helpline
    commission disputes refunds warranty invoicing chargebacks fleet tyres forklift welding turbines substation
    kraftwerk zahlungsavise gluckwunsche feuerwehr zeiterfassung krankmeldungen dienstplan betriebsrat wareneingang
    gutschriften spesen elternabend steuerberater hausverwaltung nebenkosten handwerker kreditkarte abrechnungen
    messtermine kundendienst ersatzteile gesellschafter jahresabschluss umsatzsteuer reklamationen
    fiches abonnements remboursements chantier echeances ordonnances cotisations adhesion mutuelle colis prelevement
    travaux locataires syndic rendezvous planning depenses horaires devoirs vacances bulletins
    nominas albaranes presupuestos gastos obras alquiler hacienda gestoria incidencias averias colegio medico seguridad
    marketing2 envios devoluciones tarjetas almacen publicidad fechas
    werkbonnen declaraties ziekmeldingen huurders verbouwing abonnementen herinneringen roosters storingen kosten
    bestellijst hypotheek gemeente sportclub
    bolletta scadenze rimborsi fornitura magazzino affitto condominio palestra assicurazioni spedizioni bonifici
    marcus hannah gregor beatrice lorenzo valentina rebecca gustavo friedrich margarethe stephanie dominik benjamin
    samantha leonardo caroline veronika sebastian florian eleanor harriet theodore lindqvist bergstrom oconnor
    hutchinson delacroix moreau castellanos ramirez vandenberg dejong hoekstra bernardi colombo
    telekom vodafone siemens2 lufthansa airbnb booking2 trello asana notion figma tableau bloomberg deloitte accenture
    carrefour ikea zalando unilever nestle pfizer
    tymczasowe przelewy dokumenty spolka delegacje zalaczniki bokforing loner rekrytering fakturering reklamasjoner
    bilagor ventelister hankinnat
"""
HELD_OUT = HELD_OUT_TEXT.split()


@pytest.fixture(scope="module")
def model() -> NameRandomness:
    return NameRandomness()


def nats(model: NameRandomness, name: str) -> float:
    return model.score_one({"name": name})


def letters(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(6, 12)))


def alphanumerics(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=chance.randint(5, 12)))


def mash(chance: random.Random) -> str:
    return "".join(chance.choices("asdfghjkl", k=chance.randint(4, 10)))


@pytest.mark.parametrize("name", AGREED.split("|"))
def test_ordinary(model: NameRandomness, name: str) -> None:
    assert nats(model, name) < SHOWN


@pytest.mark.parametrize(
    "name", [".", "..", ",", ";", "-", "...", "", "   ", "\u200b", "\xa0", "a", "ab", "x.", ". 1 ."]
)
def test_hidden(model: NameRandomness, name: str) -> None:
    assert nats(model, name) == HIDDEN_NATS


@pytest.mark.parametrize("name", ["qxkzvj", "asdfgh", "sdfsdf", "a8f3k2q9", "jkljkl", "3f2504e04f89", "zxcvb"])
def test_made_up(model: NameRandomness, name: str) -> None:
    assert nats(model, name) >= 2.0


def test_at_most_two_in_a_hundred_held_out_words_are_named(model: NameRandomness) -> None:
    words = [word for word in HELD_OUT if word not in NAME_WORDS]
    assert len(words) > 190
    named = [word for word in words if nats(model, word) >= SHOWN]
    assert len(named) <= 0.02 * len(words), named


@pytest.mark.parametrize("make", [letters, alphanumerics, mash])
def test_made_up_names_are_named(model: NameRandomness, make: Callable[[random.Random], str]) -> None:
    chance = random.Random(11)
    names = [make(chance) for _ in range(1000)]
    assert sum(nats(model, name) >= SHOWN for name in names) >= 850
    assert sum(nats(model, name) >= 2.0 for name in names) >= 750


def test_a_made_up_word_among_ordinary_ones_weighs_less(model: NameRandomness) -> None:
    assert nats(model, "Newsletter archive qxk") < nats(model, "qxk")


def test_learning_a_name_makes_it_ordinary(model: NameRandomness) -> None:
    taught, name = NameRandomness(), "Xqzk"
    before = nats(taught, name)
    for _ in range(40):
        taught.learn_one({"name": name})
    assert before >= SHOWN > nats(taught, name)
    assert nats(model, name) == before


def test_case_and_accents_do_not_matter(model: NameRandomness) -> None:
    assert nats(model, "Bürgerbüro") == nats(model, "burgerburo") == nats(model, "BÜRGERBÜRO")
    assert nats(model, "\uff2eewsletters") == nats(model, "newsletters")


def test_the_same_after_pickling(model: NameRandomness) -> None:
    copy = pickle.loads(pickle.dumps(model))
    assert [nats(copy, name) for name in HELD_OUT] == [nats(model, name) for name in HELD_OUT]


def test_a_long_or_broken_name_is_no_trouble(model: NameRandomness) -> None:
    assert 0.0 <= nats(model, "x" * 100_000) <= 3.0
    assert 0.0 <= nats(model, "\ud800\x00 \x1b[31m") <= 3.0
