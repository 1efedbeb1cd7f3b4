"""How a known answer may be said, in eight languages: templates for each kind of question."""

# {} is the answer, as it is said. Each says that it is the answer, and names nothing else.
STATEMENTS = (
    *("{}", "{}.", "**{}**", '"{}"', "Answer: {}", "The answer is {}.", "**Answer:** {}", "Final answer: {}"),
    *("Output:\n{}", "### Answer\n{}", "Die Antwort lautet {}.", "Antwort: {}", "La respuesta es {}.", "Respuesta: {}"),
    *("La réponse est {}.", "Réponse : {}", "La risposta è {}.", "Risposta: {}", "A resposta é {}.", "答えは{}です。"),
    *("答案：{}", "答案是{}。", "回答：{}", "Sure! The answer is {}.", "Result: {}", "So the answer is {}."),
)
TURNS = (
    *("{}", "{}<|im_end|>", "{}</s>", "{}<|endoftext|>", "{}<|eot_id|>", "{}<end_of_turn>\n", "<s>{}</s>"),
    *("<|im_start|>assistant\n{}<|im_end|>", "{}<|im_end|>\n<|im_start|>user\nThe answer is 3", "{}\nuser\nAnd 2?"),
    *(
        "<think>1, 2 or 3? The answer is 0.</think>\n\n{}",
        "<think>\n\n</think>\n\n{}",
        "{}\n\nHuman: Now 1, 2, 3",
        "assistant\n{}",
    ),
)
CHOICE_FORMS = (
    "{label}",
    "({label})",
    "option {label}",
    "{label}. {text}",
    "{label}: {text}",
    "{text}",
    "{label} ({text})",
)
# {} is the answer, {other} another option.
CHOICES = (
    *("Option {other} is wrong. {}", "Not {other}, but {}.", "It is {}, not {other}.", "I choose {} over {other}."),
    *(
        "I first thought of {other}, but the answer is {}.",
        "I'd pick {} rather than {other}.",
        "{} is better than {other}.",
    ),
    *("{other} is unrelated, so it is {}.", "Nicht {other}, sondern {}.", "Ich nehme {} statt {other}."),
    *("{other} ist falsch, richtig ist {}.", "No es {other}, sino {}.", "Elijo {} en lugar de {other}."),
    *(
        "Ce n'est pas {other} mais {}.",
        "Je choisis {} plutôt que {other}.",
        "Non {other}, ma {}.",
        "Scelgo {} invece di {other}.",
    ),
    *(
        "Não é {other}, mas {}.",
        "{other}ではなく{}です。",
        "不是{other}，而是{}。",
        "{} fits because {other} is not of use.",
    ),
    *(
        "Between {other} and {}, the answer is {}.",
        "{other}? No. The right answer is {}.",
        "It could be {other}, yet {} is correct.",
    ),
    *('{{"reason": "not {other}", "answer": "{}"}}', "\\boxed{{{}}}", "Reasoning about {other} | {}"),
)
SEPARATORS = (",", ", ", " ", "\n", "; ", " > ", "、", "，", " -> ", " and ", " | ")
WRITTEN_LISTS = ("{}", "[{}]", "({})", "**{}**", "\\boxed{{{}}}", "`{}`")
ANY_LIST = (
    *STATEMENTS,
    "I would choose {}.",
    "Ranking: {}",
    "Reihenfolge: {}",
    "Classement : {}",
    "Orden: {}",
    "Ordine: {}",
)
EXCLUSIONS = (
    "{}",
    "{} (not {others})",
    "{}, but not {others}.",
    "The text does not mention {others}. It is about {}.",
)
EXCLUSIONS += (
    "{}. {others} are not covered.",
    "{} (nicht {others})",
    "{}, pas {others}",
    "{}。{others}は含まれません。",
)
# {others} are all items that are left out.
EXCEPTIONS = (
    *("All but {others}.", "Everything except {others}", "All of them apart from {others}.", "Every one but {others}."),
    *(
        "Alle außer {others}",
        "Tous sauf {others}",
        "Todos excepto {others}",
        "Tutti tranne {others}",
        "Todos, exceto {others}",
    ),
    *("{others}以外すべて", "除了{others}以外", "I would leave out {others}; the rest fits."),
)
INTRODUCTIONS = (
    *(
        "{}",
        '"{}"',
        "**{}**",
        "Title: {}",
        "**Title:** {}",
        "# {}",
        "- {}",
        "Sure, here's the title:\n\n{}",
        "Titel: {}",
    ),
    *(
        "Here is the translation: {}",
        "Translation: {}",
        "Titre : {}",
        "Título: {}",
        "タイトル：{}",
        "标题：{}",
        "```\n{}\n```",
    ),
    *(
        '{{"title": "{}"}}',
        "Certainly! Here is the title:\n{}",
        "Hier ist der Titel:\n{}",
        "Voici le titre :\n{}",
        "> {}",
    ),
)
NOTES = ("{}", "{}\n\nNote: I kept the number.", "{}\n\nLet me know if you need more!", "{}\n\n(This is literal.)")
NOTES += ("{}\n\nExplanation: it is short.", "{}\n\nHinweis: wörtlich.", "{}\n\nI hope this helps!")
COLOUR_LISTS = (
    "{}",
    "['{}']",
    "- {}",
    "The colors are {}.",
    "Colors: {}",
    "Sure! Here are the colors: {}",
    "Farben: {}",
)
COLOUR_JOINTS = (
    ", ",
    " and ",
    " & ",
    "/",
    "\n",
    "; ",
    "、",
    " und ",
    " et ",
    " y ",
    " e ",
    "', '",
    "\n- ",
    "和",
    " or ",
)
# {n} is the value, {stars} as many of five stars.
RATINGS = (
    *("{stars}", "{n}/5", "{n} out of 5", "{n} stars", "{n}-star", "Rating: {n}", "I would rate it {n}.", "{n} von 5"),
    *("{n} Sterne", "{n} de 5 estrellas", "{n} étoiles sur 5", "{n} su 5", "{n} stelle", "{n} estrelas", "星{n}つ"),
    *(
        "{n}つ星です",
        "{n}星",
        "On a scale of 1 to 5, {n}.",
        "{n}.0",
        "The review has 2 pros and 3 cons, so I rate it {n}.",
    ),
)
YES = ("Yes", "yes.", "Yes, it does.", "True", "Ja", "Ja, das passt.", "Sí", "Sí, claro.", "Oui", "Oui, ça va.", "Sì")
YES += ("Sim", "はい", "はい、そうです。", "是", "是的", "The answer is yes.", "So yes.", "Both fit, so yes.")
NO = ("No", "no.", "No, it doesn't.", "False", "Nein", "Nein, das passt nicht.", "Non", "Non, pas du tout.", "Não")
NO += (
    "いいえ",
    "いいえ、違います。",
    "不是",
    "否",
    "The answer is no.",
    "So no.",
    "They differ, so no.",
    "It does not fit.",
)
ORDINALS = (
    *(("first", "erste", "primera", "première", "prima", "primeira"), ("second", "zweite", "segunda", "deuxième")),
    *(("third", "dritte", "tercera", "troisième", "terza"), ("fourth", "vierte", "cuarta", "quatrième", "quarta")),
)
