"""Cities of the practice world. Layer: streams."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A city as geolocation names it: centroid to two decimals."""

    name: str
    state: str
    country: str
    latitude: float
    longitude: float


_TABLE = """
DE Hamburg;Hamburg;53.55;9.99 Berlin;Berlin;52.52;13.41 Munich;Bayern;48.14;11.58 Cologne;Nordrhein-Westfalen;50.94;6.96
NL Amsterdam;Noord-Holland;52.37;4.90 Rotterdam;Zuid-Holland;51.92;4.48 Utrecht;Utrecht;52.09;5.12
GB London;England;51.51;-0.13 Manchester;England;53.48;-2.24 Leeds;England;53.80;-1.55 Glasgow;Scotland;55.86;-4.25
US Chicago;Illinois;41.88;-87.63 Austin;Texas;30.27;-97.74 Boston;Massachusetts;42.36;-71.06 Seattle;Washington;47.61;-122.33
FR Paris;Paris;48.86;2.35 Lyon;Rhone;45.76;4.84 Lille;Nord;50.63;3.06
ES Madrid;Madrid;40.42;-3.70 Barcelona;Barcelona;41.39;2.17
IT Milan;Milano;45.46;9.19 Rome;Roma;41.90;12.50
PL Warsaw;Mazowieckie;52.23;21.01 Krakow;Malopolskie;50.06;19.94
SE Stockholm;Stockholms-Lan;59.33;18.07 Gothenburg;Vastra-Gotalands-Lan;57.71;11.97
CH Zurich;Zurich;47.38;8.54 Geneva;Geneve;46.20;6.14
AT Vienna;Wien;48.21;16.37 Graz;Steiermark;47.07;15.44
BE Brussels;Brussels;50.85;4.35 Antwerp;Antwerpen;51.22;4.40
IE Dublin;Dublin;53.35;-6.26 Cork;Cork;51.90;-8.47
PT Lisbon;Lisboa;38.72;-9.14 Porto;Porto;41.16;-8.63
DK Copenhagen;Hovedstaden;55.68;12.57
NO Oslo;Oslo;59.91;10.75
FI Helsinki;Uusimaa;60.17;24.94
CZ Prague;Praha;50.08;14.44 Brno;Jihomoravsky-Kraj;49.20;16.61
RO Bucharest;Bucuresti;44.43;26.10 Cluj-Napoca;Cluj;46.77;23.59
TR Istanbul;Istanbul;41.01;28.98
IN Bengaluru;Karnataka;12.97;77.59 Mumbai;Maharashtra;19.08;72.88
JP Tokyo;Tokyo;35.68;139.69
SG Singapore;Singapore;1.35;103.82
AU Sydney;New-South-Wales;-33.87;151.21
BR Sao-Paulo;Sao-Paulo;-23.55;-46.63
CA Toronto;Ontario;43.65;-79.38 Montreal;Quebec;45.50;-73.57
MX Mexico-City;Mexico-City;19.43;-99.13
ZA Johannesburg;Gauteng;-26.20;28.05
NG Lagos;Lagos;6.52;3.38 Abuja;FCT;9.06;7.49
RU Moscow;Moskva;55.76;37.62 Saint-Petersburg;Sankt-Peterburg;59.93;30.34
CN Shanghai;Shanghai;31.23;121.47 Shenzhen;Guangdong;22.54;114.06
UA Kyiv;Kyiv;50.45;30.52
AE Dubai;Dubai;25.20;55.27
VN Hanoi;Ha-Noi;21.03;105.85 Ho-Chi-Minh-City;Ho-Chi-Minh;10.82;106.63
ID Jakarta;Jakarta;-6.21;106.85
IL Tel-Aviv;Tel-Aviv;32.09;34.78
KR Seoul;Seoul;37.57;126.98
GR Athens;Attiki;37.98;23.73
HU Budapest;Budapest;47.50;19.04
MA Casablanca;Casablanca-Settat;33.57;-7.59
KZ Almaty;Almaty;43.24;76.89
EE Tallinn;Harjumaa;59.44;24.75
IR Tehran;Tehran;35.69;51.39
OM Muscat;Masqat;23.59;58.41
MD Chisinau;Chisinau;47.01;28.86
IS Reykjavik;Hofudborgarsvaedid;64.15;-21.94
"""


def _parse() -> dict[str, tuple[City, ...]]:
    table: dict[str, tuple[City, ...]] = {}
    for line in _TABLE.strip().splitlines():
        country, *items = line.split()
        parts = [item.replace("-", " ", 0).split(";") for item in items]
        table[country] = tuple(
            City(p[0].replace("-", " "), p[1].replace("-", " "), country, float(p[2]), float(p[3])) for p in parts
        )
    return table


CITIES: dict[str, tuple[City, ...]] = _parse()

UTC_OFFSETS: dict[str, int] = {
    "US": -5, "CA": -5, "MX": -6, "BR": -3, "GB": 0, "IE": 0, "PT": 0, "IN": 5, "SG": 8, "JP": 9, "KR": 9, "AU": 10,
    "CN": 8, "AE": 4, "ZA": 2, "RO": 2, "FI": 2, "GR": 2, "UA": 2, "TR": 3, "RU": 3, "IL": 2, "VN": 7, "ID": 7,
}  # fmt: skip


def utc_offset(country: str) -> int:
    """Hours ahead of UTC (winter time, whole hours)."""
    return UTC_OFFSETS.get(country, 1)
