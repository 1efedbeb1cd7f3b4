"""What an instruction asks for, read off its verbs and nouns in the six languages of ShopBench."""

from dataclasses import dataclass
from typing import Final

from shopbench_plugin.routing.languages import compile_cue

_ORDER: Final = compile_cue(
    en=(
        r"(?:re-?)?rank(?:s|ed|ing|ings)?|permutation|sort(?:ed|ing)?|order(?:ed|ing)? (?:the|them|these|all|of)"
        r"|ordered|arrang(?:e|ed|ing)|(?:descending|ascending|decreasing) order|priori[st]i[sz]e"
        r"|(?:most|best|highest)\b.{0,40}\b(?:to|first)\b.{0,20}\b(?:least|worst|lowest|last)"
    ),
    de=r"rangfolge|reihenfolge|rangliste|sortier\w*|rangier\w*|ordnen?|ordne|permutation",
    es=r"orden[ae]\w*|ordénal\w*|permutación|clasificación",
    fr=r"class(?:ez|er|e)|ordonn\w+|trie[rz]|classement|permutation",
    it=r"ordin(?:a|are|ate|ali|arli)|classifica|graduatoria|permutazione",
    ja=r"並べ替え|並べて|並び替え|順位|ランキング|ランク付け|順に|順番",
)
_SEVERAL: Final = compile_cue(
    en=(
        r"ind(?:ices|exes)|numbers|all (?:that|which|of the|applicable|relevant|suitable|matching|products|items)"
        r"|comma\b.{0,20}\bseparat\w*|separat\w+.{0,30}\bcommas?|(?:products|items|ones) that|any that|one or more"
        r"|(?:select|choose|pick|mark|list|identify|find) (?:the |any |those |all )(?:\w+ ){0,3}(?:products|items)"
    ),
    de=r"zahlen|nummern|indizes|komma\w*|alle",
    es=r"números|índices|comas?|todos|todas",
    fr=r"numéros|indices|virgules?|tous|toutes",
    it=r"numeri|indici|virgol[ae]|tutt[ie]",
    ja=r"番号を|カンマ|コンマ|読点|すべて|全て",
)
_ONE_OF_LIST: Final = compile_cue(
    en=r"one of the (?:listed |following |given )?(?:options|items|choices)|the (?:item|product|option) that|only one",
)
_ENTITY: Final = compile_cue(
    en=(
        r"(?:named )?entit(?:y|ies)|attribute values?|values? of the (?:\w+ )?attributes?"
        r"|(?:extract|identify|find|list|recognize)\b[^.?!\n]{0,80}\b(?:in|from) the (?:search )?(?:query|queries)"
    ),
    de=r"entität(?:en)?|entitätstyp|attributwerte?|(?:aus|in) der (?:such)?anfrage",
    es=r"entidad(?:es)?|valor(?:es)? del atributo|de la (?:consulta|búsqueda)",
    fr=r"entités?|valeurs? de l.attribut|de la (?:requête|recherche)",
    it=r"entità|valor[ei] dell.attributo|dalla (?:ricerca|query)",
    ja=r"エンティティ|固有表現|属性値|クエリから|検索語から",
)
_EXTRACT: Final = compile_cue(
    en=(
        r"(?:extract|pinpoint|identif|find|quot|locat|provid|select|highlight|retriev)\w*"
        r"|pull out|pick out|copy|copied"
    ),
    de=r"extrahier\w*|zitier\w*|entnimm|entnehmen|übernimm",
    es=r"extra(?:e|iga|er)|cita|copia",
    fr=r"extra(?:is|yez|ire)|cite[rz]?|relève[rz]?|recopie[rz]?",
    it=r"estra(?:i|rre|ete)|cita(?:re)?",
    ja=r"抜き出|抽出|引用",
)
_PHRASE: Final = compile_cue(
    en=r"key ?-?phrase|phrase|excerpt|snippet|passage|span|wording|expression|fragment",
    de=r"schlüsselphrase|wortgruppe|textstelle|formulierung|ausdruck",
    es=r"frase|expresión|fragmento",
    fr=r"extrait|mot-clé",
    it=r"espressione|passaggio",
    ja=r"フレーズ|語句|表現|箇所",
)
_WRITE: Final = compile_cue(
    en=(
        r"(?:translat|explain|summar|generat|creat|compos|devis|develop|formulat|produc|elaborat|categori|classif|evaluat"
        r"|paraphras|rewrit|extract|identif|pinpoint|determin|interpret|analy[sz]|describ|defin)\w*"
        r"|write|draft|craft|tell|discuss|assign|answer|respond|state|provide|clarify|outline|detail|review|assess|inspect"
        r"|check|list|name|why|how|what|who|when|where|which|is|are|does|do|did|can|will"
    ),
    de=(
        r"(?:übersetz|schreib|erklär|erläuter|beschreib|zusammen|erstell|verfass|formulier|beantwort)\w*|fasse|nenne|was"
        r"|wie|warum|welche\w*"
    ),
    es=r"(?:traduc|escrib|explica|describ|resum|genera|crea|redacta)\w*|responde|qué|cómo|cuál|por qué",
    fr=r"(?:tradui|écri|expliqu|décri|résum|génér|rédige|répond|quel)\w*|propose[rz]?|que|comment|pourquoi",
    it=r"(?:tradu|scriv|spieg|descriv|riassum|rispond)\w*|che|cosa|come|perché|quale",
    ja=r"翻訳|訳し|書いて|説明|要約|作成|生成|教えて|答えて|述べ|ですか|何|なぜ|\?",
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What an instruction asks for; several may hold at once, the decision is made elsewhere."""

    wants_order: bool
    wants_several: bool
    wants_one_of_list: bool
    wants_entities: bool
    wants_excerpt: bool
    wants_text: bool


def read_cues(instruction: str) -> Cues:
    """Return the cues in an instruction, which holds neither material nor quoted titles any more."""
    return Cues(
        wants_order=bool(_ORDER.search(instruction)),
        wants_several=bool(_SEVERAL.search(instruction)),
        wants_one_of_list=bool(_ONE_OF_LIST.search(instruction)),
        wants_entities=bool(_ENTITY.search(instruction)),
        wants_excerpt=bool(_EXTRACT.search(instruction) and _PHRASE.search(instruction)),
        wants_text=bool(_WRITE.search(instruction)),
    )
