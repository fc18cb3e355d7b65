"""Names of people, companies, subjects and files. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words("""Ada Ben Cara Dario Elif Femke Gero Hanna Ivo Jana Kaan Lea Milan Nora Oskar Pia Quentin Rosa Sven Tara
Ugo Vera Wim Xenia Yara Zeno Anke Bruno Clea Dirk Edda Finn Greta Hugo Ines Joris Kira Levin Maja Nils Olga Paul
Runa Silas Thea Urs Vito Wanda Yusuf Zoe Amir Birte Cem Dora Emil Frida Goran Heidi Igor Julia Klaus Lotte Mats
Nadia Otto Petra Ralf Sina Tom Ute Veit Willem Alina Bas Carla Deniz Elsa Fritz Gitte Henk Ida Jens Katja Luuk""")

LAST = _words("""Quill Marsh Tenbrink Osterloh Vance Hallam Brandt Keppler Lindqvist Moreau Nowak Ortega Pavlova Rasch Solberg
Thorn Ulrich Verbeek Wexler Yilmaz Zander Abbing Bekker Corvin Drexler Engel Falk Grimaldi Hofmeyr Imhoff Jansma
Kowal Larsen Mertens Noorman Ohm Prins Quandt Reinders Stavros Tiller Unger Voss Wolters Aalto Bergman Castell
Dahl Eriksen Fuchs Gallo Hartog Ivanov Jost Kramer Lemaire Maurer Neves Olsen Peeters Ricci Sturm Timmer Visser
Weiss Bos Kaya Novak Silva Roth Weber Smit Blom Ferro Kunze Adler Baum Ceylan Duarte""")

WORDS = _words("""harbor linden copper meadow falcon granite orchard summit willow ember cobalt drift juniper quarry saffron
timber vertex aurora beacon cascade delta element fathom glacier horizon indigo keystone lattice magnet nimbus
onyx prairie quartz ridge sierra tundra umber violet walnut zephyr alder basil cedar dune elm fjord grove""")

TRADES = _words("""logistics consulting supplies works partners media systems foods energy textiles software legal bank
insurance builders pharma print travel paper steel""")

TOPICS = """Q2 forecast|Meeting notes|Project update|Delivery schedule|Contract draft|Offer|Question about the order
Invoice 4{n}|Travel plans|Agenda for Thursday|Minutes|Budget review|Feedback|Lunch?|Presentation v{n}|Timesheet
Customer visit|Training dates|Price list|Open points|Holiday cover|Specification rev {n}|Status report week {n}
Payment confirmation|Team event|Interview schedule|Support ticket {n}|Test results|Shipping documents|Site visit
Signed contract|Roadmap|Newsletter draft|Purchase order {n}|Quote {n}|Follow-up|Introduction|Missing documents"""

SUBJECTS = tuple(part.strip() for line in TOPICS.splitlines() for part in line.split("|"))

FILES = _words("""Budget.xlsx Roadmap.pptx Contract.docx Notes.docx Pricelist.xlsx Offer.pdf Plan.xlsx Report.docx Minutes.docx
Forecast.xlsx Slides.pptx Handbook.pdf Timesheet.xlsx Inventory.xlsx Specification.docx Logo.png Checklist.docx
Overview.docx Training.pptx Survey.xlsx Drawing.pdf Photos.zip""")

PERSONAL_DOMAINS = ("mailhaus.example", "freepost.example", "inboxly.example", "homemail.example")


def subject(rng: Chance) -> str:
    """A subject line of everyday work."""
    text = rng.pick(SUBJECTS)
    if "{n}" in text:
        text = text.replace("{n}", str(rng.whole(10, 999)))
    roll = rng.random()
    return f"RE: {text}" if roll < 0.35 else f"FW: {text}" if roll < 0.42 else text


def outside_address(rng: Chance, domain: str) -> str:
    """An address of somebody at another company."""
    first, last = rng.pick(FIRST).lower(), rng.pick(LAST).lower()
    roll = rng.random()
    if roll < 0.15:
        return f"{rng.pick(('info', 'sales', 'office', 'orders', 'support', 'ap'))}@{domain}"
    return f"{first}.{last}@{domain}" if roll < 0.8 else f"{first[0]}{last}{rng.whole(1, 99)}@{domain}"


def company_domain(rng: Chance, number: int) -> str:
    """The domain of an invented company."""
    return f"{rng.pick(WORDS)}-{rng.pick(TRADES)}{number if number % 3 == 0 else ''}.example"


def bulk_addresses(rng: Chance, count: int, prefix: str = "") -> list[str]:
    """Many distinct addresses of private people and companies."""
    found: dict[str, None] = {}
    while len(found) < count:
        domain = f"{rng.pick(WORDS)}-{rng.pick(TRADES)}.example" if rng.happens(0.6) else rng.pick(PERSONAL_DOMAINS)
        found[f"{prefix}{rng.pick(FIRST).lower()}.{rng.pick(LAST).lower()}{rng.whole(1, 9999)}@{domain}"] = None
    return list(found)
