"""How people say yes, no, which one and none of these: one pattern a language, for reading what a model wrote."""

import re
from typing import Final

from shopbench_plugin.language.names import compile_cue

YES: Final = compile_cue(
    en=r"yes|yep|yeah|true|correct|right|affirmative|(?:absolutely|definitely|certainly|of course)(?! not)",
    de=r"ja|jawohl|wahr|richtig",
    es=r"s[ií]|verdadero|correcto",
    fr=r"oui|vrai",
    it=r"sì|vero|corretto",
    pt=r"sim|verdadeiro",
    ja=r"はい|ええ|是的|对|是",
)
NO: Final = compile_cue(
    en=r"no(?! (?:doubt|question|difference|problem))|nope|nah|negative|not?|false|incorrect|wrong|\w+n['’]t",
    de=r"nein|falsch|nicht|kein\w*",
    es=r"falso|incorrecto",
    fr=r"non|faux|pas",
    it=r"falso|non",
    pt=r"não|falso",
    ja=r"いいえ|違います|ではありません|ではない|ません|没有|不是|不|否|错",
)
DIFFERENT: Final = compile_cue(
    en=r"different|differ|distinct",
    de=r"verschieden\w*|unterschiedlich\w*|anders",
    es=r"diferentes?|distint[oa]s?",
    fr=r"différente?s?|distincte?s?",
    it=r"divers[oaie]|different[ei]",
    pt=r"diferentes?",
    ja=r"違う|異なる|別の|不同|不一样",
)
NOT: Final = compile_cue(
    en=(
        r"not|neither|nor|never|no(?!\. ?\d)|none of|nothing|cannot|\w+n['’]t|rather than|instead of|(?:and|but) not"
        r"|as opposed to|over|than|unlike|except(?: for)?|excluding|without|rul\w+ out|exclude[sd]?|eliminat\w+"
        r"|unrelated|irrelevant|wrong|incorrect|too (?=small|big|large|little|much|high|low|few|many)"
    ),
    de=(
        r"nicht|kein\w*|weder|noch(?! besser)|niemals|nie|nichts|statt|anstatt|anstelle von"
        r"|außer|ohne|(?:besser|eher|lieber) als|als(?= (?:eine? |die |option )?\x00)|ausgeschlossen|falsch"
        r"|unpassend|irrelevant"
    ),
    es=r"no(?!\. ?\d)|ni|nunca|nada|en lugar de|en vez de|excepto|salvo|sin|incorrect[oa]s?|descarto|irrelevantes?",
    fr=r"pas|ni|jamais|rien|plutôt que|au lieu d[eu]|sauf|sans|aucun\w*|incorrecte?s?|fau(?:x|sse)s?",
    it=r"non|né|mai|niente|nulla|invece d\w*|piuttosto che|tranne|senza|errat[oaie]|sbagliat[oaie]",
    pt=r"não|nem|nunca|nada|em vez d\w+|exceto|sem|incorret[oa]s?|errad[oa]s?",
    ja=r"ではなく|ではありません|ではない|じゃない|ません|ない|含まれず|除く|以外|不是|没有|不|非|并非|除了",
)
BUT: Final = compile_cue(
    en=r"but|however|yet|though|whereas|wait|actually|on reflection",
    de=r"sondern|aber|jedoch|doch",
    es=r"sino|pero|aunque",
    fr=r"mais|cependant|toutefois",
    it=r"ma|bensì|però",
    pt=r"mas|porém",
    ja=r"而是|但是?|しかし|が、",
)
BECAUSE: Final = compile_cue(
    en=r"because|since|as (?:the|it|they)|while|although|even if|given that|whose|which",
    de=r"weil|denn|während|obwohl|wobei",
    es=r"porque|ya que|mientras|aunque",
    fr=r"parce que?|car (?=il|elle|c.est|l[ae]s?|\d)|puisque|tandis que|alors que|bien que",
    it=r"perché|poiché|mentre|anche se",
    pt=r"porque|pois|enquanto|embora",
    ja=r"因为|なぜなら|ので、|から、",
)
CONCLUSION: Final = compile_cue(
    en=(
        r"answer|correct|right|best|better|therefore|thus|hence|so|conclusion|choose|chose|pick|select|go(?:ing)? with"
        r"|opt(?:ing)? for|i(?:['’]d| would) (?:say|rate|give|call)|rate|rating|score|final(?:ly)?|must be|has to be"
        r"|i\.e|that leaves|remains|is left|most (?:likely|suitable|relevant|appropriate)|more like|matches|belongs"
    ),
    de=(
        r"antwort|richtig\w*|korrekt\w*|beste\w*|besser|daher|deshalb|somit|folglich|wähle|nehme|bewertung|lautet|fazit|bleibt"
        r"|also(?= (?:ist|wähle|nehme|option|antwort|\d|\x00))|würde ich"
    ),
    es=r"respuesta|correct[oa]|mejor|por (?:lo )?tanto|así que|elijo|escojo|selecciono|diría|queda|puntuación",
    fr=r"réponse|correcte?|bonne|meilleure?|donc|ainsi|choisis|opte|dirais|reste|note",
    it=r"risposta|corrett[oa]|giust[oa]|migliore|quindi|dunque|perciò|scelgo|direi|rimane|resta|voto",
    pt=r"resposta|corret[oa]|cert[oa]|melhor|portanto|logo|escolho|diria|resta|nota",
    ja=r"答えは?|正解|回答|正しい|最も|したがって|よって|つまり|選び|答案|正确|所以|因此|选择?|最合适|最佳|应该是",
)
HEDGE: Final = compile_cue(
    en=r"at first|tempting|might|could|maybe|perhaps|possibly|thought|looks like|seems tempting|if",
    de=r"zunächst|vielleicht|könnte|wenn|zuerst",
    es=r"quizás|tal vez|podría",
    fr=r"peut-être|pourrait|d'abord",
    it=r"forse|potrebbe",
    pt=r"talvez|poderia",
    ja=r"かもしれ|也许|可能",
)
OPTION: Final = (
    r"(?:options?|choices?|answers?|number|no\.|letter|candidate|products?|items?|antwort|nummer|nr\.|buchstabe"
    r"|opci[oó]n|respuesta|n[uú]mero|letra|réponse|numéro|choix|lettre|opzione|risposta|numero|lettera|scelta"
    r"|opç[aã]o|resposta|選択肢|番号|选项|答案是?|第)"
)
UNKNOWN: Final = compile_cue(
    en=(
        r"(?:can(?:no|['’])t|cannot|could not|not possible to|impossible to|unable to) (?:be )?"
        r"(?:infer|determin|tell|told|know|sa(?:y|id)|conclu|deduc)\w*|unknown|undetermined|unclear|not? (?:enough )?"
        r"(?:information|details?)|not (?:stated|specified|mentioned|given|known|inferred|provided|determined)"
        r"|not applicable|n/a"
    ),
    de=(
        r"unbekannt|unklar|nicht (?:angegeben|bekannt|ersichtlich|erkennbar|genannt|bestimmbar)"
        r"|geht\b.{0,60}\bnicht hervor|nicht (?:zu )?(?:bestimm|ermittel|erkenn|ableit|feststell)\w*"
        r"|keine (?:angabe|information)\w*"
    ),
    es=r"desconocid[oa]|no se (?:puede|indica|especifica|menciona|sabe)\w*|no especificad[oa]|sin información",
    fr=(
        r"inconnue?|on ne (?:peut|sait) pas|impossible (?:à|de) (?:déterminer|dire|savoir)"
        r"|non (?:précisé|spécifié|indiqué)e?"
        r"|(?:pas|peut pas être) (?:précisé|indiqué|mentionné|déterminé|spécifié)e?"
    ),
    it=(
        r"sconosciut[oa]|non (?:si può|può essere|è possibile|specificat[oa]|indicat[oa]|è indicato)"
        r"|impossibile (?:dire|da)\w*"
    ),
    pt=r"desconhecid[oa]|não (?:é possível|se pode|especificad[oa]|informad[oa])|impossível (?:determinar|dizer)",
    ja=(
        r"不明|わかりません|分かりません|判断できません|推測できません|記載(?:が|は)?ありません|推論できません"
        r"|(?:无法|不能)(?:判断|确定|推断|得知)|無法(?:判斷|確定|推斷)|未知|不确定|没有(?:说明|提到|信息)"
    ),
)

ORDINALS: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(row.split())
    for row in (
        "first 1st erste\\w* primer\\w? première? prim[oa] primeir[oa] 1番目 一番目 最初 第一",
        "second 2nd zweite\\w* segund[oa] deuxième seconde? second[oa] 2番目 二番目 第二",
        "third 3rd dritte\\w* tercer\\w? troisième terz[oa] terceir[oa] 3番目 三番目 第三",
        "fourth 4th vierte\\w* cuart[oa] quatrième quart[oa] 4番目 四番目 第四",
        "fifth 5th fünfte\\w* quint[oa] cinquième 5番目 五番目 第五",
        "sixth 6th sechste\\w* sext[oa] sixième sest[oa] 6番目 第六",
        "seventh 7th siebte\\w* séptim[oa] septième settim[oa] sétim[oa] 7番目 第七",
        "eighth 8th achte\\w* octav[oa] huitième ottav[oa] oitav[oa] 8番目 第八",
        "ninth 9th neunte\\w* noven[oa] neuvième non[oa] 9番目 第九",
        "tenth 10th zehnte\\w* décim[oa] dixième decim[oa] 10番目 第十",
    )
)
"""Ordinals from the first on, as patterns: English, German, Spanish, French, Italian, Portuguese, Japanese, Chinese."""
LAST: Final = r"last|letzte\w*|últim[oa]|dernière?|ultim[oa]|最後|最后"

STARS: Final = r"(?:stars?|sternen?|étoiles?|estrellas?|stell[ae]|estrelas?|つ星|颗星|星)"
OUT_OF: Final = r"(?:/|out of|of|von|de|sur|su|em)"
VERY: Final = r"(?:very|extremely|highly|sehr|äußerst|muy|très|molto|muito|とても|非常に?|很)"
SENTIMENTS: Final = (
    (0.0, r"terrible|awful|schrecklich|terribile|最低"),
    (0.25, r"negativ\w*|négative?|bad|poor|schlecht\w*|mal[oa]|mauvaise?|ruim|否定的|悪い|负面|消极|差"),
    (0.5, r"neutral\w*|neutre|neutro|mixed|average|gemischt\w*|mixte|mist[oa]|中立|普通|中性|一般"),
    (0.75, r"positiv\w*|positi[fv]e?|good|gut\w*|buen[oa]|bonne?|buon[oa]|bo[am]|肯定的|良い|正面|积极|好"),
    (1.0, r"excellent|ausgezeichnet|perfect|eccellente|excelente|最高"),
)
"""Words of a scale's values and where they are on it, from 0, its lowest value, to 1."""
NUMERALS: Final = {
    "um": 1,
    "uma": 1,
    "dois": 2,
    "duas": 2,
    "três": 3,
    "quatro": 4,
    "sete": 7,
    "oito": 8,
    "nove": 9,
    "dez": 10,
    "两": 2,
    "兩": 2,
}
COMES_LAST: Final = (
    r"(?:is|comes|goes|ist|kommt|est|es|è|é)\s+(?:the\s+)?"
    r"(?:last|least|worst|zuletzt|letzte\w*|derni\w+|últim\w+|ultim\w+)"
)
AND: Final = r"(?:and|as well as|plus|or|und|sowie|oder|et|ainsi que|ou|y|así como|e|ed|nonché|bem como)"
LEAST_TO_MOST: Final = compile_cue(
    en=(
        r"\(least\)[^.\n]{0,60}\(most"
        r"|(?:from )?(?:the )?(?:least|lowest|worst|weakest)\b[^.:\n]{0,30}\bto (?:the )?(?:most|highest|best)"
        r"|(?:least|lowest|worst)\b[^.:\n]{0,20}\bfirst|ascending(?: order)?(?: of)? (?:relevance|preference)"
    ),
    de=r"(?:wenigsten|geringsten|niedrigsten|schlechtesten)\b[^.:\n]{0,30}\b(?:meisten|höchsten|besten|relevantesten)",
    es=r"(?:de |del )?(?:menos|menor|peor)\b[^.:\n]{0,30}\b(?:más|mayor|mejor)",
    fr=r"(?:du |de la )?(?:moins|pire)\b[^.:\n]{0,30}\b(?:plus|meilleure?)",
    it=r"(?:dal |dalla )?(?:meno|peggiore|minore)\b[^.:\n]{0,30}\b(?:più|migliore|maggiore)",
    pt=r"(?:do |da )?(?:menos|menor|pior)\b[^.:\n]{0,30}\b(?:mais|maior|melhor)",
    ja=r"関連性の低い順|低い順|从最不相关到最相关|从低到高",
)
AGREED: Final = re.compile(r"[✓✔✅☑]")
REFUSED: Final = re.compile(r"[✗✘❌☒]")
