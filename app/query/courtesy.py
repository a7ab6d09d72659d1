"""Greetings and thanks, which are no question and belong to no order."""

import re

_GREETINGS = (
    "hi|hiya|hello|hey|good (?:morning|evening|day)|thanks?|thank you|thx|ty|ta|cheers|ok(?:ay)?|great|cool|nice|perfect|"
    "got it|i see|bye|goodbye|hallo|guten (?:tag|morgen|abend)|danke(?: schön)?|vielen dank|tschüss|super|"
    "bonjour|salut|bonsoir|merci(?: beaucoup)?|au revoir|hola|buenos días|buenas (?:tardes|noches)|(?:muchas )?gracias|"
    "adiós|olá|oi|bom dia|obrigad[oa]|ciao|grazie|hoi|dank je(?: wel)?|привет|здравствуйте|спасибо|dzień dobry|dziękuję|merhaba|"
    "teşekkürler|مرحبا|السلام عليكم|شكرا|नमस्ते|धन्यवाद|안녕하세요|감사합니다|你好|您好|谢谢|謝謝|再见|こんにちは|ありがとう"
)
_GREETING = rf"(?:{_GREETINGS})(?!\w)(?: (?:there|you|a lot|so much|very much))?"
_LEADING = re.compile(rf"(?:\W*{_GREETING})+\W*", re.I)
_TRAILING = re.compile(rf"(?:\W+{_GREETING})+\W*$", re.I)


def is_courtesy(text: str) -> bool:
    """Whether the text is nothing but a greeting or thanks.

    >>> is_courtesy("Great, thank you!")
    True
    """
    return bool(_LEADING.fullmatch(text))


def without_courtesy(text: str) -> str:
    """The text without greetings and thanks at its beginning and end; unchanged if nothing else would be left.

    >>> without_courtesy("hi! quiz me, thanks")
    'quiz me'
    """
    leading = _LEADING.match(text)
    rest = _TRAILING.sub("", text[leading.end() :] if leading else text)
    return rest or text
