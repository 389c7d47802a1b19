"""The rules of prose: short sentences, plain words, Markdown that can be translated."""

import re

from .page import captions_in, plain, roles_of, words_in

WORDS_A_SENTENCE = 30
WORDS_ON_AVERAGE = 18
FORBIDDEN = re.compile(
    r"\b(?:simply|obviously|clearly|trivially|of course|just as easy|needless to say|"
    r"it is easy to see|revolutionary|groundbreaking|game[- ]changer|cutting-edge|"
    r"state-of-the-art|powerful|magic|magical|amazing|seamless|seamlessly|delve|dive into|"
    r"deep dive|unlock|in today's world)\b",
    re.IGNORECASE,
)
ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|cf|vs|al|Fig|Eq|No|Vol|pp?|ch|etc|approx|St|Dr|[A-Z])\.(?=\s)"
)
#: Terms of the glossary that are also everyday words, and what they mean then.
EVERYDAY = {
    "answer": "that of a reader or of an exercise",
    "benchmark": "any comparison",
    "budget": "any limit",
    "error": "what Python raises, or a mistake",
    "example": "for example",
    "label": "the words of an axis",
    "seed": "the tutorials that the course grew from, or a random number in code",
    "target": "any goal",
    "unit": "years, metres",
    "update": "any change",
    "weight": "how much something counts",
}


def sentences_in(page):
    """Yield each sentence of the prose and of the captions, with its cell."""
    for block in page.blocks:
        texts = []
        if block.kind in ("paragraph", "item"):
            texts = [block.text]
        elif block.kind == "python":
            texts = [text for text, _ in captions_in(block.text)]
        for text in texts:
            text = ABBREVIATION.sub(lambda found: found[0][:-1], text)
            for sentence in re.split(r"(?<=[.!?])[\"')\]”’]*\s+(?=[\"'(\[“]*[A-Z0-9])", text):
                if words_in(sentence):
                    yield block.where, sentence


def sentences_are_short(page, known):
    """At most 30 words, 18 on average; a formula or a code span is one word."""
    problems, lengths = [], []
    for where, sentence in sentences_in(page):
        length = len(words_in(sentence))
        if re.search(r"[.!?][\"')\]”’]*$", sentence):
            lengths.append(length)
        if length > WORDS_A_SENTENCE:
            problems.append(f"cell {where}: {length} words in {sentence[:70]!r}")
    average = sum(lengths) / max(1, len(lengths))
    if average > WORDS_ON_AVERAGE:
        problems.append(f"the sentences have {average:.1f} words on average")
    return problems


def phrases_are_plain(page, known):
    """No hype, and nothing that makes a reader feel slow."""
    problems = []
    for block in page.blocks:
        texts = [plain(block.tokens)]
        if block.kind == "python":
            texts = [text for text, _ in captions_in(block.text)]
        for text in texts:
            problems += [
                f"cell {block.where}: {phrase!r} in {text[:60]!r}"
                for phrase in FORBIDDEN.findall(text)
            ]
    return problems


def markdown_can_be_translated(page, known):
    """No footnotes, no raw HTML, no titles on exercises, no colon in bold."""
    problems = []
    for block in page.blocks:
        at = f"cell {block.where}"
        if block.kind == "html" or any(t.type == "html_inline" for t in block.tokens):
            problems.append(f"{at}: raw HTML in {block.text[:50]!r}")
        if block.kind == "directive" and block.name == "raw":
            problems.append(f"{at}: a raw directive")
        if any(t.type == "text" and "[^" in t.content for t in block.tokens):
            problems.append(f"{at}: a footnote in {block.text[:50]!r}")
        if block.name in ("exercise", "exercise-start") and block.text:
            problems.append(f"{at}: an exercise with the title {block.text!r}")
        bold = 0
        for token in block.tokens:
            bold += (token.type == "strong_open") - (token.type == "strong_close")
            if bold and token.type == "text" and re.search("[:：]", token.content):
                problems.append(f"{at}: a colon in bold {token.content!r}")
    return problems


def references_exist(page, known):
    """Every citation is in references.bib, every term in the glossary."""
    problems = []
    for name, content, block in roles_of(page):
        if name.startswith(("cite", "footcite")):
            keys = [key.strip() for key in content.split(",")]
            problems += [
                f"cell {block.where}: {key!r} is not in references.bib"
                for key in keys
                if key not in known.citations
            ]
        elif name == "term":
            target = re.sub(r".*<([^>]*)>$", r"\1", content).strip().lower()
            if target not in known.terms:
                problems.append(f"cell {block.where}: {target!r} is not in the glossary")
    return problems


def terms_are_linked(page, known):
    """A term of the glossary is linked where the chapter first uses it, before the exercises.

    A longer term hides the shorter one in it: "linear regression" is no "regression". Where a term
    first comes in a box, its link may wait for the running text. EVERYDAY words are left alone.
    """
    terms = sorted(known.terms - set(EVERYDAY), key=len, reverse=True)
    if not terms:
        return []
    pattern = re.compile(
        rf"(?<![\w-])(?:{'|'.join(map(_with_plural, terms))})(?![\w-])", re.IGNORECASE
    )
    singular = {form: term for term in terms for form in _forms(term)}
    used = {}
    for block in page.blocks:
        if block.kind == "heading" and block.text == "Exercises":
            break
        if block.kind not in ("paragraph", "item"):
            continue
        linked = {
            re.sub(r".*<([^>]*)>$", r"\1", token.content).strip().lower()
            for token in block.tokens
            if token.type == "myst_role" and token.meta["name"] == "term"
        }
        plain_uses = {singular[found.lower()] for found in pattern.findall(block.text)}
        for term in plain_uses | linked:
            places = used.setdefault(term, {})
            places.setdefault("box" if block.inside else "text", (block.where, term in linked))
    return [
        f"cell {min(places.values())[0]}: {term!r} is not linked at its first use"
        for term, places in used.items()
        if not any(is_linked for _, is_linked in places.values())
    ]


def _with_plural(term):
    return "|".join(re.escape(form) for form in _forms(term))


def _forms(term):
    """Return a term and its plural."""
    for end, plural in (("s", "ses"), ("x", "xes"), ("ch", "ches"), ("fe", "ves")):
        if term.endswith(end):
            return [term, term.removesuffix(end) + plural]
    return [term, f"{term[:-1]}ies"] if re.search("[^aeiou]y$", term) else [term, f"{term}s"]
