"""Invented customers: their names in a dozen countries, their accounts, and what banks make of their names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random

WEIGHTS = {
    "DE": 22,
    "FR": 12,
    "GB": 12,
    "US": 10,
    "IT": 8,
    "ES": 7,
    "NL": 7,
    "PL": 5,
    "BR": 5,
    "CN": 5,
    "GR": 3,
    "RU": 2,
    "CH": 2,
}
#: What stands after country and check digits of an IBAN: letters and the number of digits.
BBAN = {
    "DE": ("", 18),
    "FR": ("", 23),
    "GB": ("QXKB", 14),
    "IT": ("X", 22),
    "ES": ("", 20),
    "NL": ("QNKA", 10),
    "PL": ("", 24),
    "GR": ("", 23),
    "CH": ("", 17),
}
NATIONAL_DIGITS = {"US": 11, "BR": 10, "CN": 19, "RU": 20}
TAX_DIGITS = {"BR": 14, "IT": 11, "ES": 8, "PL": 10, "RU": 10, "GR": 9, "CN": 18}


@dataclass(frozen=True)
class Words:
    """The words that a country's names are made of."""

    stems: tuple[str, ...]
    sectors: tuple[str, ...]
    legal: tuple[str, ...]
    cities: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


def _words(stems: str, sectors: str, legal: str, cities: str, first: str, last: str) -> Words:
    return Words(
        *(tuple(part.strip() for part in row.split("|")) for row in (stems, sectors, legal, cities, first, last))
    )


WORDS = {
    "DE": _words(
        "Nordlicht|Bergmann|Grünwald|Hansen & Söhne|Kreuzbach|Lindau|Möllner|Ostertag|Rheinfels|Schäfer|Silberbach|"
        "Steinhöfel|Tannhäuser|Uferblick|Vogelsang|Weißenborn|Zollernhof|Brückner|Dürrwald|Eichhorn|Fährmann|Krüger",
        "Handel|Handels|Maschinenbau|Elektrotechnik|Bau|Logistik|Möbelwerke|Getränkevertrieb|Systemtechnik|Druckerei|"
        "Medizintechnik|Spedition|Gebäudereinigung|Werkzeugbau|Gartenbau|Softwarehaus|Metallbau|Lebensmittelgroßhandel",
        "GmbH|GmbH & Co. KG|AG|KG|OHG|e.K.|UG (haftungsbeschränkt)|GbR",
        "Köln|Münster|Hamburg|Nürnberg|Leipzig|Göttingen|Ulm|Lübeck",
        "Anna|Andreas|Jürgen|Sabine|Katrin|Peter|Björn|Ursula|Stefan|Heike|Matthias|Renate|Günther|Lena|Tobias|Miriam",
        "Schmidt|Müller|Schröder|Weiß|Köhler|Vogel|Jäger|Bauer|Krämer|Lange|Peters|Böttcher|Hübner|Sommer|Franke|Thiel",
    ),
    "FR": _words(
        "Beaumanoir|Clairvaux|Delattre|L'Hermitage|Fontenay|Garrigue|Hautecombe|Le Goff|Marchand|Noirmont|Perrault|"
        "Rochebrune|Saint-Aubin|Valmeyer|Thévenet|Évrard|Chênevert|Lagrée",
        "Distribution|Négoce|Bâtiment|Électricité|Menuiserie|Traiteur|Transports|Ingénierie|Imprimerie|Paysages|"
        "Mécanique|Conseil|Équipement|Informatique",
        "SARL|SAS|SA|EURL|SNC|SASU",
        "Lyon|Nîmes|Orléans|Besançon|Lille|Angoulême|Rennes",
        "Élodie|François|Jérôme|Claire|Benoît|Hélène|Mathieu|Agnès|Luc|Noémie|Rémi|Sandrine",
        "Lefèvre|Moreau|Garnier|Chauvin|Dupré|Fournier|Gérard|Lemaître|Renaud|Vasseur|Boucher|Rivière",
    ),
    "GB": _words(
        "Alderbrook|Bexhill|Copperfield|Dunmore|Eastgate|Fairweather|Greystone|Harrowgate|Ironbridge|Kingsmead|"
        "Larkspur|Marlowe & Tate|Northcote|Oakhurst|Pemberton|Redfern|Stonebridge|Thornbury|Wetherfield",
        "Engineering|Catering|Building Supplies|Freight|Joinery|Print|Electrical|Foods|Garden Centres|Interiors|"
        "Plant Hire|Software|Textiles|Veterinary",
        "Ltd|Limited|PLC|LLP|& Co Ltd",
        "Leeds|Bristol|Norwich|Exeter|Dundee|Swansea",
        "James|Sarah|Oliver|Harriet|Graham|Fiona|Thomas|Rebecca|Nigel|Hannah|Alistair|Joanne",
        "Whitfield|Barker|Hughes|O'Connor|Pritchard|Sutton|Marsh|Fletcher|Doyle|Abbott|Chandler|Reeve",
    ),
    "US": _words(
        "Blue Mesa|Cedar Falls|Eagle Ridge|Four Corners|Granite State|Harbor View|Ironwood|Juniper|Lakeshore|"
        "Maple Grove|Nighthawk|Pinecrest|Red Rock|Sawtooth|Summit|Tidewater|Westfield|Yellowstone Bend",
        "Industries|Medical Supply|Logistics|Construction|Outfitters|Foods|Dental Group|Automation|Hardware|Packaging|"
        "Properties|Technologies|Brewing Company|Energy Services",
        "Inc|Inc.|LLC|Corp|Corporation|LP|Co.",
        "Austin|Tulsa|Boise|Dayton|Tampa|Reno",
        "Michael|Jennifer|Brian|Ashley|Kevin|Megan|Tyler|Lauren|Douglas|Stephanie|Carlos|Denise",
        "Henderson|Kowalczyk|Ramirez|Peterson|Gallagher|Whitaker|Nguyen|Brooks|Delgado|Foster|Sandoval|Mercer",
    ),
    "IT": _words(
        "Bellavista|Castelnuovo|Della Torre|Fiorentini|Gherardi|Montefalco|Orsini|Pietralunga|Rinaldi|Santacroce|"
        "Valdarno|Zanetti|D'Angelo|Nicolò Ferri",
        "Ceramiche|Costruzioni|Impianti|Arredamenti|Alimentari|Trasporti|Tessuti|Meccanica|Grafica|Vini|Pelletterie",
        "S.r.l.|S.p.A.|SRL|S.n.c.|S.a.s. di Rossi M.|Soc. Coop.",
        "Modena|Bergamo|Forlì|Perugia|Bari",
        "Giulia|Marco|Niccolò|Francesca|Paolo|Chiara|Davide|Elena|Stefano|Lucia",
        "Ferrara|Bianchi|De Luca|Galli|Marchetti|Pellegrini|Rizzo|Serra|Testa|Villa",
    ),
    "ES": _words(
        "Almenara|Bodegón|Castellón|Don Quiñones|El Peñasco|Fuenteovejuna|Guadalmar|Hermanos Ibáñez|La Peña|Montañés|"
        "Riveira|Sacromonte|Torregrosa|Ybarrola",
        "Construcciones|Suministros|Alimentación|Transportes|Instalaciones|Mobiliario|Cerámicas|Informática|Conservas|"
        "Textiles",
        "S.L.|S.A.|SL|S.L.U.|S. Coop.|C.B.",
        "Málaga|León|Logroño|Alicante|Cádiz",
        "Lucía|José|Begoña|Andrés|Íñigo|Marta|Joaquín|Inés|Raúl|Nuria",
        "García Peña|Núñez|Muñoz|Ibáñez|Castaño|Ortega|Ruiz|Soler|Vázquez|Zamora",
    ),
    "NL": _words(
        "De Groot|Van der Meulen|Oosterhuis|Kwakkel|Zuidema|Brouwer|Grootendorst|Hoekstra|IJsselmond|Van 't Hof|"
        "Waterman|Zeeland|Noordzicht|Veldkamp",
        "Bouw|Handelsmaatschappij|Transport|Techniek|Horeca|Tuinbouw|Installaties|Drukwerk|Zuivel|Interieur|Drinks",
        "B.V.|BV|N.V.|V.O.F.|C.V.",
        "Utrecht|Zwolle|Breda|Groningen|Delft",
        "Daan|Femke|Jeroen|Lotte|Pieter|Saskia|Thijs|Marieke|Ruben|Anouk",
        "De Vries|Jansen|Van Dijk|Bakker|Visser|Smit|Mulder|De Boer|Dekker|Kuipers",
    ),
    "PL": _words(
        "Białowieża|Dąbrowa|Gwiazda|Jarzębina|Krokus|Łąka|Mazur|Odra|Polaris|Słowik|Świerk|Wisłoka|Żuraw|Zielony Dom",
        "Budownictwo|Transport|Meble|Elektronika|Hurtownia|Serwis|Produkcja|Instalacje|Drukarnia|Ogrody",
        "Sp. z o.o.|Spółka z o.o.|S.A.|Sp.j.|Sp. z o.o. Sp.k.",
        "Kraków|Łódź|Gdańsk|Poznań|Wrocław",
        "Agnieszka|Paweł|Małgorzata|Łukasz|Katarzyna|Tomasz|Zofia|Michał|Ewa|Grzegorz",
        "Kowalski|Wiśniewski|Wójcik|Kamiński|Zieliński|Szymański|Woźniak|Dąbrowski|Król|Pawłowski",
    ),
    "BR": _words(
        "Aurora do Sul|Bom Jardim|Cruzeiro Novo|Estrela Guia|Irmãos Gonçalves|Jacarandá|Maracá|Nova Aliança|Ouro Verde|"
        "Pão de Mel|São Bento|Três Corações|Vale Azul|Ipê Amarelo",
        "Comércio|Distribuidora|Construções|Alimentos|Transportes|Confecções|Materiais Elétricos|Informática|Móveis|"
        "Autopeças",
        "Ltda|LTDA ME|S.A.|S/A|EIRELI|EPP",
        "Curitiba|Goiânia|Maringá|Niterói|Belém",
        "João|Conceição|Antônio|Beatriz|Luís|Patrícia|Márcio|Sônia|Thiago|Letícia",
        "da Silva|Gonçalves|de Araújo|Assunção|Magalhães|dos Santos|Pires|Falcão|Brandão|Teixeira",
    ),
    "CN": _words(
        "宏达|华瑞|金桥|东方|恒通|天成|新源|盛世|永兴|海鑫|嘉禾|博远|瑞丰|中联|鸿运|明辉|长青|亿佳",
        "贸易|电子|机械|科技|食品|建材|物流|纺织|仪器|家具|化工|印刷",
        "有限公司|股份有限公司|有限责任公司",
        "上海|深圳|广州|宁波|苏州|青岛|杭州|天津|厦门",
        "伟|芳|娜|敏|静|丽|强|磊|军|洋|勇|艳|杰|涛",
        "王|李|张|刘|陈|杨|赵|黄|周|吴|徐|孙",
    ),
    "GR": _words(
        "Αιγαίο|Ολυμπος|Παπαδάκης|Ηλιος|Θάλασσα|Μακεδονία|Δελφοί|Κρόνος|Φοίνικας|Αργώ",
        "Εμπορική|Τεχνική|Τρόφιμα|Μεταφορές|Κατασκευές|Εκδόσεις|Υφάσματα|Ηλεκτρικά",
        "Α.Ε.|Ε.Π.Ε.|Ο.Ε.|Ι.Κ.Ε.",
        "Αθήνα|Πάτρα|Βόλος|Χανιά",
        "Γιώργος|Ελένη|Νίκος|Μαρία|Κώστας|Σοφία",
        "Παπαδόπουλος|Νικολάου|Γεωργίου|Δημητρίου|Βασιλείου|Οικονόμου",
    ),
    "RU": _words(
        "Северный Ветер|Полюс|Заря|Каскад|Уралмет|Балтика|Гранит|Восход|Меридиан|Радуга",
        "Торг|Строй|Сервис|Логистика|Техника|Продукт|Мебель|Электро",
        "ООО|ЗАО|АО|ИП",
        "Тверь|Казань|Пермь|Самара",
        "Ольга|Дмитрий|Наталья|Сергей|Елена|Алексей",
        "Иванова|Смирнов|Кузнецова|Попов|Васильева|Соколов",
    ),
    "CH": _words(
        "Säntis|Rütli|Gotthard|Bärenberg|Zürihegel|Lac Bleu|Ticinella|Matterhof|Aareufer|Bündner",
        "Treuhand|Uhren|Käserei|Gastro|Elektro|Holzbau|Transporte|Pharma|Textil|Optik",
        "AG|GmbH|Sàrl|SA|Genossenschaft",
        "Zürich|Genève|Luzern|Chur",
        "Urs|Regula|Reto|Corinne|Beat|Vreni",
        "Zürcher|Bühler|Gerber|Aebischer|Läuchli|Wüthrich",
    ),
}
LEGAL_FORMS = sorted(
    {form.casefold() for words in WORDS.values() for form in words.legal} | {"gmbh & co kg", "sp zoo"},
    key=lambda form: (-len(form), form),
)

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        ("a v g d e z i th i k l m n x o p r s s t y f ch ps o").split(),
        strict=True,
    )
)
CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "-").split(),
        strict=True,
    )
)
PINYIN = {
    **dict(
        zip(
            "宏达华瑞金桥东方恒通天成新源盛世永兴海鑫嘉禾博远丰中联鸿运明辉长青亿佳",
            "hong da hua rui jin qiao dong fang heng tong tian cheng xin yuan sheng shi yong xing hai xin jia he bo"
            " yuan feng zhong lian hong yun ming hui chang qing yi jia".split(),
            strict=True,
        )
    ),
    **dict(
        zip(
            "贸易电子机械科技食品建材物流纺织仪器家具化工印刷有限公司股份责任",
            "mao yi dian zi ji xie ke ji shi pin jian cai wu liu fang zhi yi qi jia ju hua gong yin shua you xian gong"
            " si gu fen ze ren".split(),
            strict=True,
        )
    ),
    **dict(
        zip(
            "上深圳广州宁波苏岛杭津厦门伟芳娜敏静丽强磊军洋勇艳杰涛王李张刘陈杨赵黄周吴徐孙",
            "shang shen zhen guang zhou ning bo su dao hang jin xia men wei fang na min jing li qiang lei jun yang yong"
            " yan jie tao wang li zhang liu chen yang zhao huang zhou wu xu sun".split(),
            strict=True,
        )
    ),
}
SHORTER = (
    *(
        ("Handels", "Hdls."),
        ("Maschinenbau", "Masch.bau"),
        ("Logistik", "Log."),
        ("Distribution", "Distrib."),
    ),
    *(
        ("International", "Intl"),
        ("Engineering", "Eng"),
        ("Construction", "Constr"),
        ("Industries", "Ind"),
    ),
    *(("Technologies", "Tech"), ("Company", "Co"), ("Transports", "Transp"), ("Construcciones", "Constr.")),
    *(
        ("Costruzioni", "Costr."),
        ("Distribuidora", "Distr"),
        ("Comércio", "Com"),
        ("Limited", "Ltd"),
        (" und ", " u. "),
    ),
    *(("Corporation", "Corp"), ("Gebäudereinigung", "Geb.reinigung"), ("Spółka", "Sp."), (" & ", " + ")),
)
SYLLABLES = "al be cor di el fa gen ho in ka lu mi no pro ri sol ta ul ve zen".split()


def digits(chance: Random, count: int) -> str:
    """Return so many digits, the first not zero."""
    return str(chance.randrange(10 ** (count - 1), 10**count))


def with_check_digits(country: str, account: str) -> str:
    """Return the IBAN of a national account number (ISO 13616: mod 97-10)."""
    number = "".join(str(int(sign, 36)) for sign in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def draw_account(chance: Random, country: str) -> tuple[str, str]:
    """Return an account as banks report it, and the IBAN if it is one."""
    if country in NATIONAL_DIGITS:
        return digits(chance, NATIONAL_DIGITS[country]), ""
    bank, count = BBAN[country]
    iban = with_check_digits(country, bank + digits(chance, count))
    return iban, iban


def person_name(chance: Random, country: str, last: str = "") -> str:
    """Return the name of a person, as it stands in our books."""
    words = WORDS[country]
    first, last = chance.choice(words.first), last or chance.choice(words.last)
    if country == "CN":
        return last + first + (chance.choice(words.first) if chance.random() < 0.5 else "")
    if chance.random() < 0.3:
        first = f"{first} {chance.choice((chance.choice(words.first), chance.choice('ABCDEHJKLMRST') + '.'))}"
    return f"{first} {last}"


def company_name(chance: Random, country: str) -> str:
    """Return the name of a company, as it stands in our books."""
    words = WORDS[country]
    stem = _stem(chance, country)
    sector, legal, city = chance.choice(words.sectors), chance.choice(words.legal), chance.choice(words.cities)
    if country == "CN":
        return f"{city}{chance.choice(('', '市'))}{stem}{sector}{legal}"
    if country == "RU":
        return f"{legal} «{stem} {sector}»" if chance.random() < 0.5 else f"{legal} {stem}{sector.lower()}"
    order = chance.random()
    if country in {"IT", "ES", "BR", "PL", "FR"} and order < 0.35:
        return f"{sector} {stem} {legal}"
    if order > 0.9:
        return f"{stem} {sector} {city} {legal}"
    return f"{stem} {sector} {legal}"


def _stem(chance: Random, country: str) -> str:
    words = WORDS[country]
    style = chance.random()
    if country == "CN":
        return chance.choice(words.stems) if style < 0.6 else "".join(chance.sample("".join(words.stems), 2))
    if style < 0.45:
        return chance.choice(words.stems)
    if style < 0.6:
        return chance.choice(words.last)
    if style < 0.72:
        return f"{chance.choice(words.last)} & {chance.choice(words.last)}"
    if country in {"GR", "RU"}:
        return f"{chance.choice(words.stems)} {chance.choice(words.cities)}"
    made = "".join(chance.choice(SYLLABLES) for _ in range(chance.choice((2, 3))))
    return made.capitalize() + chance.choice(("", "", "tec", "plan", "med", "tron", "co", "lux"))


def similar_name(chance: Random, name: str, country: str) -> str:
    """Return the name of another firm or person that is easily taken for this one."""
    words = WORDS[country]
    bare = without_legal_form(name)
    way = chance.random()
    if country == "CN":
        return (
            name.replace("有限公司", "股份有限公司")
            if way < 0.3
            else chance.choice(words.cities) + bare[2:] + "有限公司"
        )
    if bare == name:
        return person_name(chance, country, name.rsplit(" ", maxsplit=1)[-1])
    if way < 0.4:
        return f"{bare} {chance.choice(words.legal)}"
    if way < 0.7:
        return f"{bare} {chance.choice(words.cities)} {chance.choice(words.legal)}"
    inflected = bare[:-1] if bare.endswith("s") else f"{bare}s"
    return f"{inflected} {chance.choice(words.legal)}"


def without_legal_form(name: str) -> str:
    """Return a name without the legal form at its end, or at its start as in Russia."""
    folded = name.casefold()
    for form in LEGAL_FORMS:
        if folded.endswith((f" {form}", form if form.endswith("公司") else f" {form}")):
            return name[: -len(form)].strip(" ,")
    for form in WORDS["RU"].legal:
        if name.startswith(f"{form} "):
            return name[len(form) :].strip(" «»")
    return name


def latin(name: str) -> str:
    """Write Greek, Cyrillic and Chinese in Latin letters, as banks do for payments abroad."""
    written = []
    for sign in name:
        plain = unicodedata.normalize("NFD", sign)[0] if sign not in "йё" else sign
        low = plain.lower()
        if sign in PINYIN:
            written.append(f"{PINYIN[sign]} ")
        elif low in GREEK or low in CYRILLIC:
            new = (GREEK.get(low) or CYRILLIC[low]).replace("-", "")
            written.append(new.capitalize() if plain != low else new)
        else:
            written.append(sign)
    return "".join(written).replace("«", '"').replace("»", '"').strip()


@lru_cache(maxsize=100_000)
def folded(name: str) -> str:
    """Return a name in small Latin letters without accents or signs, to see which names may be taken for each other."""
    plain = unicodedata.normalize("NFKD", latin(without_legal_form(name)).replace("ß", "ss").replace("ł", "l"))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain.lower() if sign.isascii()).split())


def plain_letters(name: str, german: bool) -> str:
    """Drop accents; in the German way (ä is ae) if asked."""
    for sign, pair in (("ß", "ss"), ("ł", "l"), ("Ł", "L"), ("ø", "o")):
        name = name.replace(sign, pair)
    if german:
        for sign, pair in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
            name = name.replace(sign, pair)
    plain = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def as_bank_shows(chance: Random, name: str, country: str, is_person: bool, width: int) -> str:
    """Return a payer's name as it comes with a payment: cut, folded, in capitals, abbreviated."""
    shown = name
    if country in {"GR", "RU"} and chance.random() < 0.8:
        shown = latin(shown)
    elif country == "CN" and chance.random() < 0.2:
        shown = latin(shown).upper()
    if is_person and " " in shown and country != "CN":
        shown = _person_as_shown(chance, shown)
    elif not is_person:
        shown = _company_as_shown(chance, shown)
    if chance.random() < 0.6:
        shown = plain_letters(shown, german=chance.random() < 0.6 and country in {"DE", "CH"})
    if chance.random() < 0.59:
        shown = shown.upper()
    return shown[:width].strip()


def _company_as_shown(chance: Random, name: str) -> str:
    if chance.random() < 0.3:
        name = without_legal_form(name)
    if chance.random() < 0.12:
        for long, short in SHORTER:
            name = name.replace(long, short)
    return name.replace(".", "").replace(",", "") if chance.random() < 0.1 else name


def _person_as_shown(chance: Random, name: str) -> str:
    first, _, last = name.partition(" ")
    way = chance.random()
    if way < 0.2:
        return f"{last} {first}"
    if way < 0.3:
        return f"{last}, {first}"
    if way < 0.36:
        return f"{first} {last} u. {chance.choice(('Maria', 'Paul', 'Eva', 'Max'))}"
    if way < 0.42:
        return f"{chance.choice(('Herr', 'Frau', 'M', 'Mme', 'Mr', 'Ms', 'Dr.'))} {name}"
    return name
