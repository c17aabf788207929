"""What a commit message can hold to break out of the format that shows it, and what real parsers found in the outputs."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import Changelog, build
from release_ops.escaping import one_line

WEB = "https://github.com/octo/webapp"

HOSTILE = [
    "@team and @octo/core, mail ada@example.org",
    "<!channel> <@U123> <#C1> <!subteam^S1> <!here|here>",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> <!-- x",
    "[click](http://evil.example) ![x](http://evil.example/x.png) <http://evil.example>",
    "http://evil.example www.evil.example ftp://evil.example mailto:a@b.example xmpp:a@b.example",
    "# heading", "## [9.9.9]", "- item", "+ item", "1. item", "> quote", "---", "===", "***", "___", "```", "~~~",
    "| a | b |", "|---|---|", "[x]: http://evil.example", "[^1]: note", "- [ ] task", ":---",
    "**bold** __bold__ *it* _it_ ~~gone~~ `code` ``more`` $math$ \\* \\",
    "&lt;b&gt; &#64;team &amp; &commat;team &#x3c;b&#x3e; &bogus; &#0;",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} {# x #}",
    "#panic() #read(\"/etc/passwd\") *b* = h $ x $ @ref <label> // c /* c",
    "]]> <![CDATA[ <?xml version='1.0'?> <!DOCTYPE x [<!ENTITY e 'x'>]> &e;",
    "<ac:structured-macro ac:name='html'/> </li></ul><h2>9.9.9</h2> </description>",
    "\u202egnp.exe\u202c \u2066x\u2069 \x1b[31mred\x1b[0m \x00 \x07 \u200b \ufeff \ud800 \ufffe",
    "a\nb\r\nc\u2028d\u2029e\x85f\x0bg\x0ch",
    "a\n# b\n- c\n1. d\n> e\n```\nf\n| g |\n---\n===\n<b>h</b>\n[i]: http://evil.example",
    "🎉👨‍👩‍👧 نرم‌افزار 支持",
]  # fmt: skip
PIECES = [
    *"\\`*_{}[]()<>#+-.!|~&$@:=/ \n\t1a\"'",
    "http://",
    "www.",
    "a.b",
    "<!",
    "-->",
    "&#",
    ";",
    "]]>",
    "</",
    "\u202e",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None)),
    st.lists(st.sampled_from([*PIECES, "\ud83d", "\x00", "\ufffe"])).map("".join),
)
MESSAGES = st.lists(
    st.one_of(
        TEXTS,
        TEXTS.map(lambda text: f"feat: {text}"),
        st.tuples(TEXTS, TEXTS).map(
            lambda both: f"fix({one_line(both[0])})!: x\n\n{both[1]}\n\nBREAKING CHANGE: {both[1]}"
        ),
        TEXTS.map(lambda text: f"fix: {one_line(text)} (#12)\n\nCloses #7, octo/x#8\nFixes: {one_line(text)}"),
    ),
    max_size=6,
)
AUTHORS = st.one_of(st.just("Ada"), TEXTS)

MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": True})
assert MARKDOWN.linkify is not None
# As GitHub does: `example.org` alone is no link, addresses with a scheme and of mail are; `www.` is looked for elsewhere.
MARKDOWN.linkify.set({"fuzzy_link": False})


def leaves(tokens: list[Token]) -> list[Token]:
    return [leaf for token in tokens for leaf in (token, *leaves(token.children or []))]


def changelog(*messages: str, author: str = "Ada", **options: str) -> Changelog:
    raw = [
        RawCommit(f"{i:07x}" * 5 + "abcde", ("0" * 40,), m, author, "", 1_795_000_000) for i, m in enumerate(messages)
    ]
    on = dt.date(2026, 11, 20)
    return build(raw, product="Webapp", version="2.8.0", previous="v2.7.0", on=on, **options)  # type: ignore[arg-type]


def descriptions(found: Changelog) -> list[str]:
    return [change.description for section in found.sections for change in section.changes]
