"""What an instruction asks for, read off its verbs and nouns in the six languages of ShopBench."""

import re
from dataclasses import astuple, dataclass
from typing import Final

from shopbench_plugin.language.names import compile_cue

_ORDER: Final = compile_cue(
    en=(
        r"(?:re-?)?rank(?:s|ed|ing|ings)?|permutation|sort(?:ed|ing)?(?! of)|order (?:the|them|these|all)"
        r"|arrang(?:e|ed|ing)|(?:descending|ascending|decreasing) order|order of (?:\w+ ){0,2}(?:relevance|preference)"
        r"|priorit?i[sz]e|in(?:to)? the (?:right|correct|proper|best) order|in (?:which|what) order"
        r"|(?:which|what) order\b[^.?!\n]{0,40}\bput|(?:put|bring)\b[^.?!\n]{0,60}\bin(?:to)? order(?! to)"
        r"|(?:most|best|highest)\b.{0,40}\b(?:to|first)\b.{0,20}\b(?:least|worst|lowest|last)"
    ),
    de=r"rangfolge|reihenfolge|rangliste|sortier\w*|rangier\w*|ordnen?|permutation|reihe",
    es=r"orden[ae](?:r|n|d|los|las)?|ordénal[oa]s|(?:en|por) orden|permutación|clasificación",
    fr=r"class(?:ez|er|e)|ordonn\w+|trie[rz]|classement|par ordre|permutation",
    it=r"ordina(?:re|te|li|le)?|in ordine|classifica|graduatoria|permutazione",
    ja=r"並べ替え|並べて|並び替え|順位|ランキング|ランク付け|順に|順番",
)
_INDICES: Final = compile_cue(
    en=r"ind(?:ices|exes)|(?:item |product |option )?numbers",
    de=r"zahlen|nummern|indizes",
    es=r"números|índices",
    fr=r"numéros|indices|chiffres",
    it=r"numeri|indici",
    ja=r"番号",
)
_ONE_INDEX: Final = compile_cue(
    en=r"(?:its|the|their|one|a|an) (?:index|number)(?! of)",
    de=r"(?:ihre|seine|die|eine) nummer",
    es=r"(?:su|el|un) (?:número|índice)",
    fr=r"(?:son|le|un) numéro",
    it=r"(?:il|un) (?:suo )?numero",
)
_SEVERAL: Final = compile_cue(
    en=(
        r"all (?:that|which|of the|applicable|relevant|suitable|matching|products|items|fitting)"
        r"|comma\b.{0,20}\bseparat\w*|separat\w+.{0,30}\bcommas?|any (?:that|of)|one or more"
        r"|(?:select|choose|pick|mark|list|identify|find) (?:the |any |those |all )(?:(?!of\b)\w+ ){0,2}"
        r"(?:products|items|ones)"
    ),
    de=r"komma\w*|alle",
    es=r"comas?|todos|todas",
    fr=r"virgules?|tous|toutes",
    it=r"virgol[ae]|tutt[ie]",
    ja=r"カンマ|コンマ|読点|すべて|全て",
)
_LIST: Final = compile_cue(
    en=(
        r"(?:numbered |following |given |this |the )lists?|list of|options|candidates|choices|which (?:\w+ )?of|one of"
        r"|following (?:(?!of\b)\w+ ){0,2}\w+s|(?:listed|provided|given) below"
        r"|(?:choose|select|pick|among) (?:\w+ ){0,4}\w+s (?:below|above)"
    ),
    de=r"liste|optionen|kandidaten|welche[rs]? (?:\w+ )?der|folgenden?|antwortmöglichkeiten",
    es=r"lista|opciones|candidat[oa]s|cuál(?:es)? de|siguientes",
    fr=r"liste|options|candidat(?:e?s)|lequel|laquelle|lesquel(?:le)?s|suivant(?:e?s)",
    it=r"elenco|lista|opzioni|candidat[ie]|qual[ei] (?:di|dei|delle|tra)|seguenti",
    ja=r"リスト|一覧|選択肢|候補|次の(?:うち|中)|以下の(?:うち|中)|どれ",
)
_ONE_OF_LIST: Final = compile_cue(
    en=r"one of the (?:listed |following |given )?(?:options|items|choices)|the (?:item|product|option) that|only one",
    de=r"(?:eine der|nur eine) (?:option|antwort)(?:en)?",
    es=r"una de las opciones|solo una",
    fr=r"une des options|une seule",
    it=r"una delle opzioni|solo una",
    ja=r"一つだけ|1つだけ|ひとつ",
)
_CHOICE: Final = compile_cue(
    en=r"select|choose|pick|which|mark|most likely|best",
    de=r"wähle?n?|auswählen|welche[rs]?",
    es=r"seleccion[ae]r?|elige|elija|escoge|cuál(?:es)?",
    fr=r"sélectionne[rz]?|choisi(?:s|r|ssez)|quel(?:le)?s?|lequel|laquelle",
    it=r"seleziona(?:re)?|scegli(?:ere|ete)?|qual[ei]",
    ja=r"選んで|選択して|どれ|どの",
)
_ENTITY: Final = compile_cue(
    en=(
        r"(?:named )?entit(?:y|ies)|attribute values?|values? of the (?:\w+ )?attributes?"
        r"|(?:extract|identify|find|list|recogni[sz]e|spot|tag)\b[^.?!\n]{0,80}\b(?:in|from) (?:the|this|an?) "
        r"(?:(?:given|following|search|shopping|product|(?:user|customer|shopper)(?:['’]s)?) ){0,3}quer(?:y|ies)"
        r"|(?:in|from) (?:the|this) (?:\w+ ){0,2}query\b[^.?!\n]{0,20}\b(?:extract|pull out|pick out)"
        r"|(?:extract|identify|recogni[sz]e|spot|tag|list|which|what) (?:\w+ ){0,4}"
        r"(?:brand|colou?r|size|material|product type)s?"
        r"\b[^.?!\n]{0,40}\b(?:in|from) (?:the|this) (?:\w+ )?(?:title|name)"
    ),
    de=r"entität(?:en)?|entitätstyp|attributwerte?|(?:aus|in) der (?:such)?anfrage",
    es=r"entidad(?:es)?|valor(?:es)? del atributo|(?:de|en) la (?:consulta|búsqueda)",
    fr=r"entités?|valeurs? de l.attribut|(?:de|dans) la (?:requête|recherche)",
    it=r"entità|valor[ei] dell.attributo|(?:dalla|nella) (?:ricerca|query)",
    ja=r"エンティティ|固有表現|属性値|(?:クエリ|検索語)(?:から|内|中|に含まれる)",
)
_EXTRACT: Final = compile_cue(
    en=(
        r"(?:extract|pinpoint|identif|find|quot|locat|provid|select|highlight|retriev)\w*"
        r"|pull out|pick out|copy|copied"
    ),
    de=r"extrahier\w*|zitier\w*|entnimm|entnehmen|übernimm|finde|nenne",
    es=r"extra(?:e|iga|er)|cita|copia|encuentra",
    fr=r"extra(?:is|yez|ire)|cite[rz]?|relève[rz]?|recopie[rz]?|trouve[rz]?",
    it=r"estra(?:i|rre|ete)|cita(?:re)?|trova(?:re)?",
    ja=r"抜き出|抽出|引用|見つけ",
)
_PHRASE: Final = compile_cue(
    en=r"key ?-?phrase|phrase|excerpt|snippet|passage|span|wording|expression|fragment",
    de=r"schlüsselphrase|wortgruppe|textstelle|formulierung|ausdruck",
    es=r"frase(?: clave)?|expresión|fragmento",
    fr=r"extrait|mot-clé|expression(?: clé)?",
    it=r"frase(?: chiave)?|espressione|passaggio",
    ja=r"フレーズ|語句|表現|箇所",
)
_COMPOSE: Final = compile_cue(
    en=r"(?:translat|explain|summari|generat|compos|devis|elaborat|paraphras|rewrit|draft)\w*|write|why",
    de=r"(?:übersetz|schreib|erklär|erläuter|zusammenfass|verfass|formulier)\w*|fasse|warum",
    es=r"(?:traduc|traduzc|escrib|explica|resum|genera|redacta)\w*|por qué",
    fr=r"(?:tradui|écri|expliqu|résum|génér|rédige)\w*|pourquoi",
    it=r"(?:traduc|scriv|spieg|riassum|genera)\w*|perché",
    ja=r"翻訳|訳し|書いて|要約|作成|生成|なぜ|説明して",
)
_ASK: Final = compile_cue(
    en=(
        r"(?:creat|develop|formulat|produc|categori|classif|evaluat|extract|identif|pinpoint|determin|interpret|analy[sz]"
        r"|describ|defin|deriv|isolat|record|gather|outlin|clarif|detail)\w*"
        r"|craft|tell|discuss|assign|answer|respond|state|provide|review|assess|inspect|check|list|name|suggest|give"
        r"|how|what|who|when|where|which"
    ),
    de=r"(?:beschreib|erstell|beantwort|bestimm|analysier|bewert)\w*|nenne|was|wie|wer|wann|wo|welche\w*",
    es=r"(?:describ|crea|identifi|analiz|evalú|indica)\w*|responde|qué|cómo|cuál|quién|dónde|cuánt\w*",
    fr=r"(?:décri|répond|créer?|identifi|analys|évalu|quel)\w*|propose[rz]?|que|comment|combien|donne[rz]?",
    it=r"(?:descriv|rispond|crea|identific|analizz|valut)\w*|che|cosa|come|quale|quant\w*",
    ja=r"説明|教えて|答えて|述べ|ですか|ますか|何|挙げ|\?",
)


@dataclass(frozen=True, slots=True)
class Cues:
    """What an instruction asks for; several may hold at once, the decision is made elsewhere.

    Attributes:
        order: to put things into an order.
        indices: to name things by their numbers.
        one_index: to name one thing by its number.
        several: to name as many as there are, or to part them by commas.
        one_of_list: to name just one of a list.
        listing: it speaks of a list, of options, or of "the following" things.
        choice: to choose, or it asks which.
        entities: to find entities or attribute values.
        excerpt: to take a phrase from a text.
        composition: to write something new: a translation, an explanation, a title.
        anything: to do or answer anything else that needs a text.
    """

    order: bool
    indices: bool
    one_index: bool
    several: bool
    one_of_list: bool
    listing: bool
    choice: bool
    entities: bool
    excerpt: bool
    composition: bool
    anything: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for."""
        return not any(astuple(self))


def read_cues(instruction: str) -> Cues:
    """Return the cues in an instruction, which holds neither material nor quoted titles any more."""

    def finds(cue: re.Pattern[str]) -> bool:
        return cue.search(instruction) is not None

    return Cues(
        order=finds(_ORDER),
        indices=finds(_INDICES),
        one_index=finds(_ONE_INDEX),
        several=finds(_SEVERAL),
        one_of_list=finds(_ONE_OF_LIST),
        listing=finds(_LIST),
        choice=finds(_CHOICE),
        entities=finds(_ENTITY),
        excerpt=finds(_EXTRACT) and finds(_PHRASE),
        composition=finds(_COMPOSE),
        anything=finds(_ASK),
    )
