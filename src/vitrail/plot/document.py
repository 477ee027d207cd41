"""A whole HTML page: title, lead, legend, sections, how it was made. Nothing in it asks another host for anything."""

from collections.abc import Sequence
from html import escape

from vitrail.explanation import Explanation
from vitrail.plot.cell import Look, palettes
from vitrail.plot.colour import MEANING, NUMBERS, gradient
from vitrail.plot.measures import made
from vitrail.plot.style import CSS


def document(
    title: str, lead: str, sections: Sequence[str], answers: Sequence[Explanation], look: Look, contents: str = ""
) -> str:
    """The page as text; `sections` and `contents` are finished HTML, the title and the lead are plain text."""
    told = f'<div class="lead">{paragraphs(lead)}</div>' if lead else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n"
        f'<body class="vitrail-page">\n<main class="vitrail">\n<header><h1>{escape(title)}</h1>{told}{contents}'
        f"{legend(answers, look)}</header>\n" + "\n".join(sections) + f"\n{made(answers)}\n</main>\n</body>\n</html>\n"
    )


def paragraphs(text: str) -> str:
    """Plain text as paragraphs; an empty line parts them."""
    return "".join(f"<p>{escape(block.strip())}</p>" for block in text.split("\n\n") if block.strip())


def legend(answers: Sequence[Explanation], look: Look) -> str:
    """What the colours say, for the palettes that are used; nothing when there are none."""
    used = {(name, words_for(answer, name)) for answer in answers for name in palettes(answer)}
    if not used:
        return ""
    scale = f"Each picture has its own scale: full colour is the {look.clip:g}th percentile of its absolute values."
    bars = "".join(scale_bar(name, words) for name, words in sorted(used, key=order))
    return f'<div class="legend"><div class="bars-of">{bars}</div><p>{scale}</p></div>'


def order(used: tuple[str, tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    """Always the same, whatever the answers come in."""
    return list(MEANING).index(used[0]), used[1]


def words_for(answer: Explanation, palette: str) -> tuple[str, ...]:
    return NUMBERS if answer.kind == "activation" and palette == "signed" else MEANING[palette]


def scale_bar(palette: str, words: Sequence[str]) -> str:
    ends = "".join(f"<span>{word}</span>" for word in words if word)
    bar = f'<div class="scale-bar" style="background:{gradient(palette)}"></div>'
    return f'<div>{bar}<div class="ends">{ends}</div></div>'
