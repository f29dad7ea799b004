"""Names, cities and telephone numbers from several cultures, in their own scripts, with Latin forms for e-mail."""

from dataclasses import dataclass

from app.store.fold import fold


@dataclass(frozen=True)
class Name:
    """A name as it is written, and as it stands in an e-mail address."""

    written: str
    latin: str


@dataclass(frozen=True)
class Culture:
    """Where contacts come from: `weight` of them per 100; in `phone` every # is a digit."""

    language: str
    weight: int
    phone: str
    cities: tuple[str, ...]
    given: tuple[Name, ...]
    family: tuple[Name, ...]


def _names(listed: str) -> tuple[Name, ...]:
    """`Zoë 伟/Wei`: Latin forms after a slash, or folded. An underscore is a space."""
    names = []
    for word in listed.replace("_", "\N{NO-BREAK SPACE}").split(" "):
        written, _, latin = word.replace("\N{NO-BREAK SPACE}", " ").partition("/")
        names.append(Name(written, "".join(filter(str.isalnum, fold(latin or written)))))
    return tuple(names)


def _culture(language: str, weight: int, phone: str, cities: str, given: str, family: str) -> Culture:
    return Culture(language, weight, phone, tuple(cities.split(", ")), _names(given), _names(family))


CULTURES = (
    _culture(
        "en",
        26,
        "+1-###-555-01##",
        "Austin, Boston, Chicago, Denver, New York, San José, Seattle, Toronto, Vancouver",
        "James Mary Robert Patricia Michael Jennifer David Linda Chloë Barbara Zoë Susan Thomas Jessica Daniel Sarah "
        "Matthew Karen Anthony Nancy Mark Renée Steven Emily Noah Olivia Liam Amelia",
        "Smith Johnson Williams Brown Jones Davis Miller Wilson Anderson Moore Jackson Martin Lee Thompson White "
        "Harris Clark Lewis Robinson Walker Young Allen King O'Connor McDonald D'Angelo St._John",
    ),
    _culture(
        "en",
        8,
        "+44 1632 960###",
        "Belfast, Cardiff, Dublin, Edinburgh, London, Manchester",
        "Oliver Siân Harry Niamh Seán Róisín Alfie Poppy Eoghan Isla Rhys Angharad Callum Freya Pádraig Maisie",
        "Evans Murphy O'Brien Campbell Ó_Súilleabháin Hughes MacLeod Fraser Bennett Carter Ní_Bhriain Shaw Lloyd",
    ),
    _culture(
        "de",
        10,
        "+49 30 230###-##",
        "Berlin, Hamburg, Köln, München, Wien, Zürich",
        "Jürgen Käthe Björn Anke Günther Sabine Jörg Ursula Lukas Leonie Maximilian Annika Götz Friederike Niklas Änne",
        "Müller Schmidt Schröder Weiß Größmann Fischer Böhm Krüger Schäfer Köhler Vogel Jäger Strauß Lindner von_Bülow",
    ),
    _culture(
        "fr",
        8,
        "+33 1 99 00 ## ##",
        "Lyon, Marseille, Montréal, Paris, Genève",
        "Amélie Jérôme Zoé François Hélène Benoît Chloé Rémi Anaïs Gaël Léa Maël Noémie Théo Inès Loïc",
        "Lefèvre Dubois Françoise Bérard Garçon Noël Moreau Gauthier Bélanger L'Écuyer Rousseau Côté Dupré d'Aubigné",
    ),
    _culture(
        "es",
        9,
        "+34 900 ### ###",
        "Barcelona, Bogotá, Ciudad de México, Madrid, Málaga, Córdoba",
        "José María Íñigo Begoña Andrés Lucía Óscar Sofía Raúl Inés Martín Belén Joaquín Mónica Ángel Ximena",
        "García Núñez Muñoz Peña Ibáñez Rodríguez López Güell Castaño Gutiérrez Vásquez Ordóñez Jiménez de_la_Cruz",
    ),
    _culture(
        "pt",
        6,
        "+55 11 5550-####",
        "Brasília, Lisboa, Porto, São Paulo",
        "João Conceição Luís Inês Gonçalo Letícia Thaís Antônio Mário Beatriz Otávio Simão Débora Cauã Júlia Estêvão",
        "Gonçalves Simões Araújo Conceição Brandão Magalhães Fagundes Leão Guimarães Assunção Falcão dos_Santos",
    ),
    _culture(
        "pl",
        7,
        "+48 22 555 ## ##",
        "Gdańsk, Kraków, Łódź, Praha, Warszawa",
        "Łukasz Małgorzata Paweł Żaneta Michał Agnieszka Wojciech Bożena Krzysztof Zdzisława Jiří Šárka Ondřej Růžena",
        "Wałęsa Dąbrowski Łęcka Szczęsny Gałązka Wójcik Źródłowski Kołodziej Dvořák Čapek Nováková Řezníček",
    ),
    _culture(
        "sv",
        5,
        "+46 8 465 004 ##",
        "Århus, Göteborg, Helsinki, København, Malmö, Reykjavík, Tromsø",
        "Åsa Øystein Björk Søren Jón Þóra Sæmundur Ödön Päivi Ærling Guðrún Håkan Märta",
        "Ångström Sørensen Ørsted Þórsdóttir Sigurðardóttir Hämäläinen Mäkelä Nygård Østergaard Bergström Lindqvist",
    ),
    _culture(
        "tr",
        5,
        "+90 212 555 ## ##",
        "Ankara, Eskişehir, İstanbul, İzmir",
        "Ayşe Çağla Gökhan İbrahim Işıl Oğuz Şule Ümit Özge Yağmur Kıvanç Tuğçe",
        "Yılmaz Çelik Şahin Öztürk Güneş Aydın Kılıç Doğan Işık Çağlar İnönü Ağaoğlu",
    ),
    _culture(
        "ru",
        4,
        "+7 495 555-##-##",
        "Київ, София, Москва, Алматы",
        "Анна/Anna Дмитрий/Dmitriy Екатерина/Ekaterina Фёдор/Fyodor Ольга/Olga Юрий/Yuriy Наталія/Nataliya",
        "Иванова/Ivanova Щербаков/Shcherbakov Королёв/Korolyov Шевченко/Shevchenko Коваленко/Kovalenko Жуков/Zhukov",
    ),
    _culture(
        "el",
        2,
        "+30 21 0555 ####",
        "Αθήνα, Θεσσαλονίκη",
        "Γιώργος/Giorgos Ελένη/Eleni Νίκος/Nikos Μαρία/Maria Κώστας/Kostas Σοφία/Sofia",
        "Παπαδόπουλος/Papadopoulos Νικολάου/Nikolaou Οικονόμου/Oikonomou Γεωργίου/Georgiou",
    ),
    _culture(
        "ja",
        4,
        "+81 3-5550-####",
        "東京, 大阪, 京都",
        "陽菜/Hina 蓮/Ren 結衣/Yui 大翔/Hiroto さくら/Sakura 健太/Kenta 美咲/Misaki 翔太/Shota",
        "佐藤/Sato 鈴木/Suzuki 高橋/Takahashi 田中/Tanaka 渡辺/Watanabe 伊藤/Ito 髙島/Takashima 小林/Kobayashi",
    ),
    _culture(
        "zh",
        4,
        "+86 10 5550 ####",
        "北京, 上海, 深圳, 臺北",
        "伟/Wei 芳/Fang 娜/Na 秀英/Xiuying 敏/Min 静/Jing 强/Qiang 磊/Lei 洋/Yang 雅婷/Yating",
        "王/Wang 李/Li 张/Zhang 刘/Liu 陳/Chen 杨/Yang 趙/Zhao 黄/Huang 周/Zhou 欧阳/Ouyang",
    ),
    _culture(
        "ko",
        2,
        "+82 2-555-####",
        "서울, 부산",
        "민준/Minjun 서연/Seoyeon 지훈/Jihun 하은/Haeun 도윤/Doyun 수빈/Subin",
        "김/Kim 이/Lee 박/Park 최/Choi 정/Jung 남궁/Namgung",
    ),
)
