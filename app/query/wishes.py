"""Is it a task ("summarise lesson 3", "quiz me") or a question? By the words that name tasks, in five languages.

The words alone decide nothing: what is left of the sentence has to name a part of the course (`app.query.targets`), or be all that follows an order. So "what does the quiz ask about fees?"
stays a question. The same words find a course's own summaries, glossaries and quizzes by their headings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.types import TaskKind

# English, German, French, Spanish, and Chinese apart, which has no spaces; in the order in which they are tried
NAMES: Mapping[TaskKind, tuple[str, str]] = {
    "simpler": (
        r"(?:more|very) simply|simpler|in (?:simple|simpler|plain|easy|easier) (?:words?|terms|english|language)|"
        r"like i['’]?m (?:five|5)|eli5|for (?:a )?(?:beginners?|child(?:ren)?|kids?|dummies)|einfacher|"
        r"in einfachen worten|für (?:anfänger|kinder)|plus simplement|en (?:termes|mots) simples|pour les débutants|"
        r"más simple|más sencill[oa]|en (?:palabras|términos) (?:simples|sencill[oa]s)|para principiantes",
        "通俗|简单地|简单点|简单一点|更简单",
    ),
    "outline": (
        r"outline|table of contents|gliederung|gliedere|inhaltsverzeichnis|plan (?:détaillé|du|de la)|esquema",
        "大纲|提纲",
    ),
    "key points": (
        r"(?:key|main|most important|central) (?:points?|ideas?|takeaways?|facts|concepts|things)|takeaways?|"
        r"(?:kern|haupt)(?:punkte|aussagen)|wichtigste[nr]? (?:punkte|aussagen|ideen)|das wichtigste|"
        r"points? (?:clés?|essentiels?|principaux)|idées principales|"
        r"(?:puntos|ideas) (?:clave|principales|más importantes)",
        "要点|重点",
    ),
    "summary": (
        r"summari[sz]e|summary|summaries|sum up|recap|overview|tl;?dr|(?:chapter|lesson|section) review|fasse?|"
        r"zusammenfassung|zusammenfassen|überblick|résume[rz]?|résumé|synthèse|resum(?:e|ir|en|a)|resumen",
        "总结|概括|小结|摘要",
    ),
    "cards": (
        r"flash ?-?cards?|(?:study|revision) cards|key terms|glossary|karteikarten|lernkarten|glossar|fiches?|"
        r"cartes mémoire|glossaire|tarjetas|fichas|glosario",
        "抽认卡|闪卡|记忆卡|术语表",
    ),
    "quiz": (
        r"quiz|test me|ask me (?:\w+ )?questions?|(?:practice|review|quiz|test|self-check|comprehension|critical thinking) questions?|"
        r"(?:frag|prüf|teste?) mich|testfragen|übungsfragen|interroge[- ]moi|questions? de révision|pose[- ]moi|"
        r"pregúntame|examíname|preguntas de (?:repaso|práctica)|"
        r"^(?:questions?|exercises?|fragen|aufgaben|übungen|exercices|preguntas|ejercicios)$",
        "测验|测试我|考考我|出几道题|出一些题|出题|思考题|练习题",
    ),
    "compare": (r"compare[rz]?|contrast|vergleiche|vergleichen|compara|comparar", "对比|比较"),
    "example": (r"examples?|beispiele?|exemples?|ejemplos?", "举个例子|例子|举例"),
}
ASIDE: tuple[TaskKind, ...] = ("quiz", "cards", "summary")  # whose own sections do not teach but test and repeat
# what may stand before the name of a task in an order, in the same languages
_OPENERS = (
    r"please|can|could|would|will|you|i|we|me|us|want|need|like|to|give|make|write|create|generate|show|list|let['’]?s|do|"
    r"an?|the|my|some|short|brief|quick|for|with|and|now|also|then|ok(?:ay)?|another|explain|put|it|that|this|\d+|one|two|"
    r"three|four|five|ten|bitte|kannst|könntest|du|mir|uns|gib|mach|erstelle|schreibe?|zeige?|ich|möchte|brauche|eine?n?|"
    r"die|das|der|kurze?|erkläre?|s['’]il|te|vous|plaît|peux|pouvez|tu|moi|nous|donne[rz]?|fais|faites?|faire|crée|écris|je|"
    r"veux|voudrais|une?|la|les?|des|explique|por|favor|puedes|podrías|haz(?:me)?|dame|crea|escribe|quiero|unos|unas|los|"
    r"las|el|explica|eso|ça"
)
_OPENING = re.compile(
    rf"(?:\W|(?<!\w)(?:{_OPENERS})(?!\w)|请|帮我|给我|你能|能不能|做|写|列出|举|一个|一些|个|一份)*", re.I
)
_ASKING = re.compile(
    r"\W*(?:what(?:['’]s| is| are)|which are|was sind|was ist|welche sind|quel(?:le)?s? (?:est|sont)|cu[aá]l(?:es)? (?:es|son))(?!\w)",
    re.I,
)
_LINK = re.compile(
    r"\W*(?P<of>(?:of|on|about|for|from|in|to|with|me on|von|vom|zu|zur|zum|über|aus|für|mit|des|de|du|sur|avec|sobre|del|para|"
    r"con)(?!\w)\W*|d['’]|的|关于)?(?:(?:the|der|die|das|den|dem|les?|la|el|los|las)(?!\w)\W*|l['’])?",
    re.I,
)
_FILLERS = re.compile(
    r"\W*(?:(?<!\w)(?:zusammen|ab|please|for me|bitte|s['’]il (?:te|vous) plaît|por favor)|吧|是什么)\W*$|"
    r"^\W*(?:(?:up|me|mir|moi)(?!\w)|我|一下)\W*",
    re.I,
)
_SIDES = re.compile(r"\s+(?:and|with|to|versus|vs\.?|against|und|mit|et|avec|à|y|con|a)\s+|\s*[,，、和与跟]\s*", re.I)
_COUNT = re.compile(r"(?<![\w.])(\d{1,2})(?![\w.])(?=\D{0,25}$)")
FEW = 12  # words of what may be left over after the words of the task
_NAMES: Mapping[TaskKind, re.Pattern[str]] = {
    kind: re.compile(rf"(?<!\w)(?:{spaced})(?!\w)|{unspaced}", re.I) for kind, (spaced, unspaced) in NAMES.items()
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A sentence that names a task. `rest`: what it is about, in the learner's words, perhaps nothing.

    `order`: nothing but an order stands before the name of the task; else only a `rest` that names a part of the course
    makes it a task.
    """

    kind: TaskKind
    rest: str
    order: bool
    count: int = 0

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """What is compared, each side as it stands and, if it is a word beside several, as it may be meant.

        >>> Wish("compare", "primary and secondary deviance", True).sides
        (('primary', 'primary deviance'), ('secondary deviance',))
        >>> Wish("compare", "déviance primaire et secondaire", True).sides
        (('déviance primaire',), ('secondaire', 'déviance secondaire'))
        """
        found = [side.split() for side in _SIDES.split(self.rest) if side.strip()]
        if len(found) == 2 and 1 in map(len, found) and len(found[0]) != len(found[1]):
            first, second = found
            if len(first) == 1:
                return (" ".join(first), " ".join(first + second[1:])), (" ".join(second),)
            return (" ".join(first),), (" ".join(second), " ".join(first[:-1] + second))
        return tuple((" ".join(side),) for side in found)


def wish(text: str) -> Wish | None:
    """The task that a text names, if it names one.

    >>> wish("Can you summarise lesson 3, please?")
    Wish(kind='summary', rest='lesson 3', order=True, count=0)
    """
    for kind, pattern in _NAMES.items():
        found = pattern.search(text)
        if found is None:
            continue
        before, after = text[: found.start()], _FILLERS.sub("", text[found.end() :])
        opening = _OPENING.match(before)
        begun = opening.end() if opening else 0
        asking = _ASKING.match(before)
        linked = _LINK.match(after)
        noun = bool(
            asking and _OPENING.fullmatch(before, asking.end()) and linked and linked["of"]
        )  # "what are the ... of"
        order = begun == len(before) or noun
        if before.endswith("的"):  # what it is of stands before it
            order, after = True, before
        elif not order and (kind == "simpler" or not re.search(r"\w", after)):  # "explain tides in simple words"
            order, after = begun > 0, before[begun:]
        rest = _LINK.sub("", after, count=1).strip(" \t\n?!.,:;。？！，：").removesuffix("的")
        counted = _COUNT.search(text[: found.end()])
        if len(rest.split()) <= FEW:
            return Wish(kind, rest, order, int(counted.group(1)) if counted else 0)
    return None


def names(kind: TaskKind, heading: str) -> bool:
    """Whether a heading announces what a task of this kind makes: "Chapter summary", "Glossar", "思考题"."""
    return bool(_NAMES[kind].search(heading))
